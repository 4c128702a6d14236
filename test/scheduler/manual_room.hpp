#pragma once

// A KopiaMaintenance that runs by hand, with its Jobs and its status, for tests
// of a single decision.

#include "repository_room.hpp"
#include "scheduler/manual_run.hpp"
#include "scheduler/object_names.hpp"
#include "scheduler/standalone_status.hpp"

namespace holystone::test::one_repository {

inline claimant by_hand(const std::string& tag) {
  auto c = a_claim("app");
  c.wish.who.kind = claim_kind::kopia_maintenance;
  c.wish.manual = tag;
  return c;
}

/// One KopiaMaintenance that runs by hand, its Jobs and its status.
struct manual_room : room {
  explicit manual_room(const std::string& tag) : room({by_hand(tag)}) {
    // nop
  }

  claimant& who() {
    return facts.claimants.front();
  }

  void ask(const std::string& tag) {
    who().wish.manual = tag;
    ++who().wish.generation;
  }

  job_fact& add(const std::string& tag, job_state state, instant at = now) {
    auto job = a_job(state);
    job.key = {"app", manual_job_name(who().wish.who.object, tag)};
    job.uid = {"job-" + tag};
    job.created = at - 60s;
    job.template_digest = "t";
    job.manual = manual_mark{who().wish.uid, tag};
    if (state == job_state::complete || state == job_state::failed)
      job.finished = at;
    if (state == job_state::failed)
      job.reason = "BackoffLimitExceeded";
    facts.jobs.push_back(job);
    return facts.jobs.back();
  }

  void hold(const job_fact& job) {
    facts.lease.exists = true;
    facts.lease.holder = job.uid;
    facts.lease.holder_job = job.key;
    facts.lease.acquired = now - 60s;
  }

  claim_status wanted(instant at = now) const {
    return told(facts, facts.claimants.front(), at);
  }

  /// The status is written, as it should be.
  manual_room& tell(instant at = now) {
    who().status = wanted(at);
    who().since = at;
    return *this;
  }

  std::string reason(instant at = now) const {
    return wanted(at).reason;
  }

  std::optional<manual_result> result() const {
    return wanted().standalone->last_manual_result;
  }

  /// What is written next, status writes aside.
  repository_step next_other(instant at = now) {
    blocked.push_back("status/KopiaMaintenance app/data");
    return next(at);
  }
};

template <class T>
const T& as(const repository_step& step) {
  REQUIRE(std::holds_alternative<T>(step.action));
  return std::get<T>(step.action);
}

} // namespace holystone::test::one_repository
