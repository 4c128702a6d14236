#pragma once

// One repository with its claimants, for tests of a single decision. Stories
// over time are told on `little_cluster`.

#include "scheduler/claim_status.hpp"
#include "scheduler/repository.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace holystone::test::one_repository {

using namespace scheduler;
using namespace std::chrono_literals;

inline const instant now = *parse_rfc3339("2026-11-21T12:00:00Z");
inline const repository_id here{"0123456789abcdef"};
inline const std::string ns = "volsync-system";
inline const std::string full_cron_job
    = "cronjob/volsync-system/kopia-maintenance-0123456789abcdef";
inline const std::string quick_cron_job = full_cron_job + "-quick";

inline claimant a_claim(std::string app, std::string schedule = "0 2 * * *",
                        seconds age = 1h) {
  claimant c;
  c.wish.who = {claim_kind::replication_source, {app, "data"}};
  c.wish.uid = {"uid-" + app};
  c.wish.created = now - age;
  c.wish.generation = 1;
  c.wish.secret = {app, "kopia"};
  c.wish.secret_uid = {"secret-" + app};
  c.wish.secret_version = "5";
  c.wish.settings.schedule = std::move(schedule);
  c.location_id = here;
  c.location = "{}";
  return c;
}

inline copy_fact copy_for(const claimant& c) {
  return {{ns, "maintenance-" + c.wish.secret.ns + "-kopia"},
          {"copy-" + c.wish.secret.ns},
          {"9"},
          {copy_source::kind::secret, c.wish.secret, {}},
          c.wish.secret_uid,
          c.wish.secret_version,
          c.wish.resync};
}

inline job_fact a_job(job_state state) {
  job_fact job;
  job.key = {ns, "j"};
  job.uid = {"j"};
  job.created = now - 60s;
  job.state = state;
  job.location = here.hex;
  return job;
}

/// What a claimant is told while Jobs wait for `why`.
inline claim_status told(const repository_facts& facts, const claimant& who,
                         instant at, const std::string& why = {}) {
  return wanted_status(facts, account_of(facts, {why}, at), who, at);
}

/// One repository and what is decided about it.
struct room {
  repository_facts facts;
  std::vector<std::string> blocked;

  explicit room(std::vector<claimant> claimants) {
    facts.id = facts.location_id = here;
    facts.location = "{}";
    facts.granted = true;
    facts.claimants = std::move(claimants);
  }

  static repository_policy policy() {
    repository_policy made;
    made.operator_namespace = ns;
    made.digests = [](const cron_job_intent& wanted) {
      return manifest_digests{
          wanted.schedule + to_rfc3339(wanted.effective_since)
              + to_string(wanted.winner) + wanted.conflict + wanted.credentials,
          "t"};
    };
    return made;
  }

  repository_step next(instant at = now) const {
    return next_step(
        facts, policy(),
        [this](const std::string& subject) {
          return std::ranges::count(blocked, subject) > 0;
        },
        at);
  }

  /// Copies and CronJob as the current winner wants them.
  room& settle(instant since = now - 1h) {
    facts.copies.clear();
    for (const auto& c : facts.claimants)
      facts.copies.push_back(copy_for(c));
    for (auto kind : maintenance_kinds)
      put_in_place(kind, since);
    return *this;
  }

  void put_in_place(maintenance_kind kind, instant since) {
    auto wanted = wanted_cron_job(facts, policy(), kind, since);
    auto& found = facts.cron_jobs[kind];
    if (!wanted) {
      REQUIRE(kind == maintenance_kind::quick);
      found = {};
      return;
    }
    found.exists = found.ours = true;
    found.key = wanted->key;
    found.is_operators = found.key.ns == ns;
    found.deleting = false;
    found.uid = {fmt::format("cron-{}", to_string(kind))};
    found.created = now - 1h;
    found.schedule = wanted->schedule;
    found.time_zone = wanted->settings.time_zone;
    found.suspend = wanted->settings.suspend;
    found.winner = wanted->winner;
    found.effective_since = wanted->effective_since;
    found.conflict = wanted->conflict;
    found.digest = policy().digests(*wanted).whole;
  }

  room& with_statuses() {
    for (auto& c : facts.claimants) {
      c.status = told(facts, c, now);
      c.since = now - 30min;
    }
    return *this;
  }
};

inline std::string act(const repository_step& step) {
  return subject_of(step.action);
}

inline bool rests(const repository_step& step) {
  return std::holds_alternative<std::monostate>(step.action);
}

} // namespace holystone::test::one_repository
