#include "scheduler/repository.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <algorithm>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

const instant now = *parse_rfc3339("2026-11-21T12:00:00Z");
const repository_id here{"0123456789abcdef"};
const std::string ns = "volsync-system";
const std::string full_cron_job = "cronjob/kopia-maintenance-0123456789abcdef";
const std::string quick_cron_job = full_cron_job + "-quick";

claimant a_claim(std::string app, std::string schedule = "0 2 * * *",
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

copy_fact copy_for(const claimant& c) {
  return {{ns, "maintenance-" + c.wish.secret.ns + "-kopia"},
          {"copy-" + c.wish.secret.ns},
          {"9"},
          {copy_source::kind::secret, c.wish.secret, {}},
          c.wish.secret_uid,
          c.wish.secret_version,
          c.wish.resync};
}

job_fact a_job(job_state state) {
  job_fact job;
  job.key = {ns, "j"};
  job.uid = {"j"};
  job.created = now - 60s;
  job.state = state;
  job.location = here.hex;
  return job;
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
      c.status = wanted_status(facts, c, now);
      c.since = now - 30min;
    }
    return *this;
  }
};

std::string act(const repository_step& step) {
  return subject_of(step.action);
}

bool rests(const repository_step& step) {
  return std::holds_alternative<std::monostate>(step.action);
}

} // namespace

TEST_CASE("creation: the copies, then the CronJob, then the statuses, then "
          "rest") {
  room r{{a_claim("a"), a_claim("b")}};
  CHECK(act(r.next()) == "copy/a/kopia");
  r.facts.copies = {copy_for(r.facts.claimants[0])};
  CHECK(act(r.next()) == "copy/b/kopia");
  r.facts.copies.push_back(copy_for(r.facts.claimants[1]));
  auto step = r.next();
  REQUIRE(std::holds_alternative<apply_cron_job>(step.action));
  const auto& apply = std::get<apply_cron_job>(step.action);
  CHECK(to_string(apply.wanted.key)
        == "volsync-system/kopia-maintenance-0123456789abcdef");
  CHECK(to_string(apply.wanted.winner) == "ReplicationSource a/data");
  CHECK(apply.wanted.credentials == "maintenance-a-kopia");
  CHECK(apply.wanted.namespaces == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(apply.uid);
  r.settle();
  CHECK(act(r.next()) == "status/ReplicationSource a/data");
  r.with_statuses();
  CHECK(rests(r.next()));
}

TEST_CASE("H in a schedule is resolved from the repository's hash") {
  room r{{a_claim("a", "H H * * *")}};
  r.settle();
  CHECK(r.facts.cron_jobs.full.schedule.find('H') == std::string::npos);
  room again{{a_claim("b", "H H * * *")}};
  CHECK(again.settle().facts.cron_jobs.full.schedule
        == r.facts.cron_jobs.full.schedule);
}

TEST_CASE("a copy follows its Secret, and a changed resync forces it") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.claimants[0].wish.secret_version = "6";
  CHECK(act(r.next()) == "copy/a/kopia");
  r.settle().with_statuses();
  CHECK(rests(r.next()));
  r.facts.claimants[0].wish.resync = "today";
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_copy>(step.action));
  CHECK(std::get<write_copy>(step.action).resync == "today");
  CHECK(std::get<write_copy>(step.action).existing.uid == object_uid{"copy-a"});
}

TEST_CASE("two resync wishes for one Secret do not undo each other for ever") {
  auto one = a_claim("a");
  auto two = a_claim("a");
  two.wish.who.object.name = "other";
  one.wish.resync = "1";
  two.wish.resync = "2";
  room r{{one, two}};
  r.settle();
  for (int i = 0; i < 4; ++i) {
    auto step = r.next();
    if (const auto* copy = std::get_if<write_copy>(&step.action))
      for (auto& c : r.facts.copies)
        c.resync = copy->resync;
    else
      break;
  }
  CHECK_FALSE(std::holds_alternative<write_copy>(r.next().action));
}

TEST_CASE("a custom CA is copied before the CronJob is made") {
  auto c = a_claim("a");
  c.wish.ca = custom_ca{"", "our-ca", "ca.pem"};
  c.wish.ca_uid = {"ca-uid"};
  c.wish.ca_version = "3";
  room r{{c}};
  r.facts.copies = {copy_for(c)};
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_copy>(step.action));
  auto source = std::get<write_copy>(step.action).source;
  CHECK(source.what == copy_source::kind::ca_config_map);
  CHECK(to_string(source.key) == "a/our-ca");
  CHECK(source.data_key == "ca.pem");
  r.facts.copies.push_back(
      {{ns, "ca-copy"}, {"ca"}, {}, source, {"ca-uid"}, "3", {}});
  step = r.next();
  REQUIRE(std::holds_alternative<apply_cron_job>(step.action));
  CHECK(std::get<apply_cron_job>(step.action).wanted.ca == "ca-copy");
}

TEST_CASE("a CA's copy follows it and goes with the last claim that names it") {
  auto c = a_claim("a");
  c.wish.ca = custom_ca{"our-ca", "", "ca.crt"};
  c.wish.ca_uid = {"ca-uid"};
  c.wish.ca_version = "3";
  room r{{c}};
  auto source = *ca_source(c.wish);
  auto in_place = [&] {
    auto ca
        = copy_fact{{ns, "ca-copy"}, {"ca"}, {}, source, {"ca-uid"}, "3", {}};
    r.facts.copies = {copy_for(r.facts.claimants[0]), ca};
    r.facts.cron_jobs.full.digest
        = room::policy()
              .digests(*wanted_cron_job(r.facts, room::policy(),
                                        maintenance_kind::full, now - 1h))
              .whole;
  };
  r.facts.copies = {copy_for(c),
                    {{ns, "ca-copy"}, {"ca"}, {}, source, {"ca-uid"}, "3", {}}};
  auto wanted = *wanted_cron_job(r.facts, room::policy(),
                                 maintenance_kind::full, now - 1h);
  auto& found = r.facts.cron_jobs.full;
  found.exists = found.ours = true;
  found.schedule = wanted.schedule;
  found.time_zone = wanted.settings.time_zone;
  found.winner = wanted.winner;
  found.effective_since = wanted.effective_since;
  in_place();
  r.with_statuses();
  CHECK(rests(r.next()));
  r.facts.claimants[0].wish.ca_version = "4";
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_copy>(step.action));
  CHECK(std::get<write_copy>(step.action).existing.uid == object_uid{"ca"});
  // It is gone: the copy stays, because it still works.
  r.facts.claimants[0].wish.ca_version.clear();
  CHECK(rests(r.next()));
  r.facts.claimants[0].wish.ca.reset();
  in_place();
  step = r.next();
  REQUIRE(std::holds_alternative<delete_copy>(step.action));
  CHECK(std::get<delete_copy>(step.action).copy.uid == object_uid{"ca"});
}

TEST_CASE("a Lease that another repository shares stays when this one goes") {
  room r{{a_claim("a")}};
  r.settle();
  r.facts.claimants.clear();
  r.facts.cron_jobs = {};
  r.facts.copies.clear();
  r.facts.lease.exists = true;
  CHECK(std::holds_alternative<delete_lease>(r.next().action));
  r.facts.lease_is_shared = true;
  CHECK(r.next().finished);
}

TEST_CASE("A-12: a schedule edit moves lastScheduleTime first") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.claimants[0].wish.settings.schedule = "30 11 * * *";
  auto step = r.next();
  REQUIRE(std::holds_alternative<set_last_schedule>(step.action));
  CHECK(std::get<set_last_schedule>(step.action).slot
        == *parse_rfc3339("2026-11-21T11:30:00Z"));
  CHECK(std::get<set_last_schedule>(step.action).uid
        == object_uid{"cron-full"});
  r.facts.cron_jobs.full.last_schedule = *parse_rfc3339("2026-11-21T11:30:00Z");
  step = r.next();
  REQUIRE(std::holds_alternative<apply_cron_job>(step.action));
  // From now on, so that admission drops older slots.
  CHECK(std::get<apply_cron_job>(step.action).wanted.effective_since == now);
}

TEST_CASE("A-12: never the edit while its precaution fails") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.claimants[0].wish.settings.schedule = "30 11 * * *";
  r.blocked = {full_cron_job};
  CHECK_FALSE(std::holds_alternative<apply_cron_job>(r.next().action));
}

TEST_CASE(
    "A-12: zone, suspend and winner are edits too, anything else is not") {
  auto first_step = [](auto edit) {
    room r{{a_claim("a", "*/5 * * * *", 2h), a_claim("b", "*/5 * * * *")}};
    r.settle().with_statuses();
    edit(r);
    return act(r.next()) == full_cron_job
           && std::holds_alternative<set_last_schedule>(r.next().action);
  };
  CHECK(first_step([](room& r) {
    r.facts.claimants[0].wish.settings.time_zone = "Asia/Tokyo";
  }));
  CHECK(first_step(
      [](room& r) { r.facts.claimants[0].wish.settings.suspend = true; }));
  CHECK(first_step(
      [](room& r) { r.facts.claimants.erase(r.facts.claimants.begin()); }));
  CHECK_FALSE(
      first_step([](room& r) { r.facts.cron_jobs.full.digest = "drifted"; }));
}

TEST_CASE("handing over keeps the incumbent's place and records the next") {
  room r{{a_claim("a", "0 2 * * *", 2h), a_claim("b", "0 3 * * *")}};
  r.settle().with_statuses();
  CHECK(to_string(*r.facts.cron_jobs.full.winner)
        == "ReplicationSource a/data");
  // An older claim comes: nothing changes but the record of the conflict.
  r.facts.claimants.push_back(a_claim("0", "0 4 * * *", 9h));
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource a/data");
  r.facts.claimants.erase(r.facts.claimants.begin());
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource 0/data");
}

TEST_CASE("A-23: without a CronJob the Lease remembers the winner") {
  room r{{a_claim("a", "0 2 * * *", 2h), a_claim("b")}};
  r.facts.lease.winner = r.facts.claimants[1].wish.who;
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource b/data");
}

TEST_CASE("a refused Secret hands over, when it changes its claim may win") {
  room r{{a_claim("a", "0 2 * * *", 2h), a_claim("b")}};
  r.facts.lease.known.refused_secret = "a/kopia@5";
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource b/data");
  r.facts.claimants[0].wish.secret_version = "6";
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource a/data");
}

TEST_CASE("a refused claim that is the only one goes on trying") {
  room r{{a_claim("a")}};
  r.facts.lease.known.refused_secret = "a/kopia@5";
  CHECK(winner_of(r.facts));
  r.facts.cron_jobs.full.winner
      = claim_key{claim_kind::replication_source, {"gone", "data"}};
  CHECK(winner_of(r.facts));
}

TEST_CASE("an incumbent whose Secret is missing keeps its CronJob and copy") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  auto& wish = r.facts.claimants[0].wish;
  wish.secret_version.clear();
  wish.defect = trouble{"Waiting", "Secret a/kopia does not exist; create it"};
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_status>(step.action));
  const auto& told = std::get<write_status>(step.action).status;
  CHECK_FALSE(told.ready);
  CHECK(told.reason == "Waiting");
  CHECK_THAT(told.message, Catch::Contains("a/kopia"));
  r.with_statuses();
  CHECK(rests(r.next()));
}

TEST_CASE("an incumbent with a bad schedule loses its place to the next") {
  room r{{a_claim("a", "0 2 * * *", 2h), a_claim("b")}};
  r.settle();
  r.facts.claimants[0].wish.defect = trouble{"Error", "bad schedule"};
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource b/data");
}

TEST_CASE("a bad schedule without another claim changes nothing but the "
          "status") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.claimants[0].wish.settings.schedule = "99 99 * * *";
  r.facts.claimants[0].wish.defect = trouble{"Error", "99 is no minute"};
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_status>(step.action));
  CHECK(std::get<write_status>(step.action).status.reason == "Error");
  r.with_statuses();
  CHECK(rests(r.next()));
}

TEST_CASE("a foreign CronJob under our name is neither written nor deleted") {
  room r{{a_claim("a")}};
  r.settle();
  r.facts.cron_jobs.full.ours = false;
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_status>(step.action));
  const auto& told = std::get<write_status>(step.action);
  CHECK(told.status.reason == "Error");
  CHECK_THAT(told.status.message,
             Catch::Contains("kopia-maintenance-0123456789abcdef"));
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].warning);
  r.facts.claimants.clear();
  REQUIRE(std::holds_alternative<delete_copy>(r.next().action));
  r.facts.copies.clear();
  // It stays known, or else an apply for the next claim would take it over.
  CHECK(rests(r.next()));
  CHECK_FALSE(r.next().finished);
  r.facts.cron_jobs = {};
  CHECK(r.next().finished);
}

TEST_CASE("PERTURB-15: a webhook that changes our object is not fought") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  auto wanted = r.facts.cron_jobs.full.digest;
  r.facts.cron_jobs.full.digest = "changed by a webhook";
  CHECK(act(r.next()) == full_cron_job);
  r.facts.settled = {wanted, "changed by a webhook"};
  CHECK(rests(r.next()));
  // But a further change of somebody's is.
  r.facts.cron_jobs.full.digest = "changed by hand";
  CHECK(act(r.next()) == full_cron_job);
}

TEST_CASE("a CronJob that is being deleted is waited for, then made again") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.cron_jobs.full.deleting = true;
  CHECK(rests(r.next()));
  r.facts.cron_jobs.full = {};
  CHECK(std::holds_alternative<apply_cron_job>(r.next().action));
}

TEST_CASE("in the lobby claims without a repository get their status") {
  auto lost = a_claim("a");
  lost.location_id = {};
  lost.location.clear();
  lost.wish.secret_version.clear();
  lost.wish.defect = trouble{"Error", "spec.kopia.repository is empty"};
  room r{{lost}};
  r.facts.id = r.facts.location_id = {};
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_status>(step.action));
  const auto& told = std::get<write_status>(step.action).status;
  CHECK(told.reason == "Error");
  CHECK(told.message == "spec.kopia.repository is empty");
  CHECK(told.cron_job.empty());
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].reason == "MaintenanceError");
}

TEST_CASE("statuses: Scheduled for the winner, Conflict for another schedule") {
  room r{{a_claim("a", "0 2 * * *", 2h), a_claim("b", "0 3 * * *"),
          a_claim("c", "0 2 * * *")}};
  r.settle();
  auto reason = [&](int i) {
    return wanted_status(r.facts, r.facts.claimants[static_cast<size_t>(i)],
                         now);
  };
  CHECK(reason(0).reason == "Scheduled");
  CHECK(reason(1).reason == "Conflict");
  CHECK_THAT(reason(1).message, Catch::Contains("0 3 * * *")
                                    && Catch::Contains("a/data")
                                    && Catch::Contains("0 2 * * *"));
  CHECK(reason(1).ready);
  CHECK(reason(2).reason == "Scheduled");
  for (int i = 0; i < 3; ++i) {
    CHECK(reason(i).cron_job == "kopia-maintenance-0123456789abcdef");
    CHECK(reason(i).next_maintenance == *parse_rfc3339("2026-11-22T02:00:00Z"));
  }
  auto step = r.next();
  r.facts.claimants[0].status = reason(0);
  step = r.next();
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].reason == "ScheduleConflict");
  CHECK(step.events[0].uid == object_uid{"uid-b"});
}

TEST_CASE("a suspended winner is named in every claimant's status") {
  auto best = a_claim("a", "0 2 * * *", 2h);
  best.wish.settings.suspend = true;
  room r{{best, a_claim("b")}};
  r.settle();
  for (const auto& c : r.facts.claimants) {
    auto told = wanted_status(r.facts, c, now);
    CHECK(told.reason == "Suspended");
    CHECK_THAT(told.message, Catch::Contains("ReplicationSource a/data"));
    CHECK(!told.next_maintenance);
  }
}

TEST_CASE("the status holds success, failures and what failed") {
  room r{{a_claim("a")}};
  r.settle();
  r.facts.lease.known.success_ended = now - 24h;
  r.facts.lease.known.failures = 2;
  r.facts.lease.known.failure = failure_class::network;
  r.facts.lease.known.failure_message = "no route";
  auto told = wanted_status(r.facts, r.facts.claimants[0], now);
  CHECK(told.last_maintenance == now - 24h);
  CHECK(told.failures == 2);
  CHECK_THAT(told.message,
             Catch::Contains("network") && Catch::Contains("no route"));
}

TEST_CASE("a message says how often runs failed, why, and what to do") {
  room r{{a_claim("a")}};
  r.settle();
  auto& known = r.facts.lease.known;
  known.failures = 1;
  known.failure = failure_class::network;
  known.failure_message = "no route to host";
  auto message = [&] {
    return wanted_status(r.facts, r.facts.claimants[0], now).message;
  };
  CHECK(message()
        == "CronJob kopia-maintenance-0123456789abcdef maintains this "
           "repository at '0 2 * * *' (UTC), as ReplicationSource a/data asks. "
           "The last run failed (network): no route to host. Check the "
           "endpoint, DNS, network policies, TLS and the custom CA.");
  known.failures = 3;
  known.failure = failure_class::unknown;
  known.failure_message = "It broke.";
  CHECK_THAT(message(), Catch::Contains(". The last 3 runs failed, most "
                                        "recently (unknown): It broke. See "));
}

TEST_CASE("a claim whose Secret is refused is told so, and who stands in") {
  room r{{a_claim("a", "0 2 * * *", 2h), a_claim("b")}};
  r.facts.lease.known.refused_secret = "a/kopia@5";
  r.settle();
  auto told = wanted_status(r.facts, r.facts.claimants[0], now);
  CHECK_FALSE(told.ready);
  CHECK(told.reason == "Error");
  CHECK_THAT(told.message, Catch::Contains("Secret a/kopia does not work")
                               && Catch::Contains("KOPIA_PASSWORD")
                               && Catch::Contains("ReplicationSource b/data"));
  CHECK(wanted_status(r.facts, r.facts.claimants[1], now).reason
        == "Scheduled");
  // Alone, it goes on trying.
  r.facts.claimants.pop_back();
  r.settle();
  told = wanted_status(r.facts, r.facts.claimants[0], now);
  CHECK(told.reason == "Error");
  CHECK_THAT(told.message, Catch::Contains("Every slot tries it again"));
  r.facts.claimants[0].wish.secret_version = "6";
  CHECK(wanted_status(r.facts, r.facts.claimants[0], now).reason
        == "Scheduled");
}

TEST_CASE(
    "A-10: a Job that runs without the Lease is suspended with Events on it "
    "and on the winner") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.jobs = {a_job(job_state::running)};
  auto step = r.next();
  REQUIRE(std::holds_alternative<suspend_job>(step.action));
  REQUIRE(step.events.size() == 2);
  CHECK(std::get<object_key>(step.events[0].regarding) == object_key{ns, "j"});
  CHECK(step.events[0].uid == object_uid{"j"});
  CHECK(std::get<claim_key>(step.events[1].regarding)
        == r.facts.claimants[0].wish.who);
  CHECK(step.events[1].uid == object_uid{"uid-a"});
  for (const auto& event : step.events) {
    CHECK(event.warning);
    CHECK(event.reason == "JobSuspended");
    CHECK_THAT(event.message, Catch::Contains("Job volsync-system/j"));
  }
  // Nobody claims any more: the Job is told all the same.
  r.facts.claimants.clear();
  step = r.next();
  REQUIRE(std::holds_alternative<suspend_job>(step.action));
  CHECK(step.events.size() == 1);
}

TEST_CASE("who overwrites the status is answered once a run, and Events are "
          "not repeated") {
  room r{{a_claim("a"), a_claim("b", "0 3 * * *")}};
  r.settle().with_statuses();
  auto& who = r.facts.claimants[1];
  auto writes = 0;
  auto events = 0;
  auto spend = [&] {
    for (int i = 0; i < 5; ++i) {
      auto step = r.next();
      const auto* write = std::get_if<write_status>(&step.action);
      if (!write)
        break;
      ++writes;
      events += static_cast<int>(step.events.size());
      who.written = written(r.facts, who, write->status);
      // Upstream drops what it does not know.
      who.status.reset();
    }
  };
  who.status.reset();
  spend();
  CHECK(writes == 2); // The first, and one repair.
  CHECK(events == 1);
  for (auto job : {"j1", "j2", "j3"}) {
    r.facts.lease.known.counted = {job};
    writes = 0;
    spend();
    CHECK(writes == 1);
  }
  CHECK(events == 1);
  // A user's edit is answered.
  ++who.wish.generation;
  writes = 0;
  spend();
  CHECK(writes == 1);
}

TEST_CASE("a status that was repaired and stayed is kept true as ever") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  auto& who = r.facts.claimants[0];
  who.written = written_status{*who.status, {}, true};
  CHECK(rests(r.next()));
  who.wish.settings.suspend = true;
  r.settle();
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_status>(step.action));
  auto told = std::get<write_status>(step.action).status;
  CHECK_FALSE(written(r.facts, who, told).is_repair);
}

TEST_CASE("the condition keeps its time while it keeps its value") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  ++r.facts.claimants[0].wish.generation;
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_status>(step.action));
  CHECK(std::get<write_status>(step.action).since == now - 30min);
  CHECK(step.events.empty());
}

TEST_CASE("with an interval the next run is not promised too early") {
  auto c = a_claim("a");
  c.wish.settings.interval_days = 7;
  room r{{c}};
  r.settle();
  r.facts.lease.known.success_ended = now - 24h;
  CHECK(wanted_status(r.facts, r.facts.claimants[0], now).next_maintenance
        == *parse_rfc3339("2026-11-28T02:00:00Z"));
}

TEST_CASE("a deprecated field gives one Warning a generation") {
  auto c = a_claim("a");
  c.wish.deprecated_fields = true;
  room r{{c}};
  r.settle();
  auto step = r.next();
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].reason == "DeprecatedField");
  r.with_statuses();
  CHECK(rests(r.next()));
  // The next generation, though nothing else is to be said.
  ++r.facts.claimants[0].wish.generation;
  step = r.next();
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].reason == "DeprecatedField");
  r.with_statuses();
  r.facts.lease.known.success_ended = now;
  CHECK(r.next().events.empty());
}

TEST_CASE("a deprecated field of a claim in conflict gives its Warning too") {
  auto c = a_claim("b", "0 3 * * *");
  c.wish.deprecated_fields = true;
  room r{{a_claim("a", "0 2 * * *", 2h), c}};
  r.settle();
  r.facts.claimants[0].status
      = wanted_status(r.facts, r.facts.claimants[0], now);
  auto step = r.next();
  REQUIRE(step.events.size() == 2);
  CHECK(step.events[0].reason == "ScheduleConflict");
  CHECK(step.events[1].reason == "DeprecatedField");
}

TEST_CASE("to be switched off is no warning") {
  auto off = a_claim("a");
  off.wish.defect = trouble{"Disabled", "maintenance is switched off"};
  room r{{off}};
  CHECK(r.next().events.empty());
}

TEST_CASE("the next slot wakes the repository, so that its status moves on") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  CHECK(r.next().wake == *parse_rfc3339("2026-11-22T02:00:01Z"));
}

TEST_CASE("a subject in back-off does not hold up the others") {
  room r{{a_claim("a"), a_claim("b")}};
  r.blocked = {"copy/a/kopia"};
  CHECK(act(r.next()) == "copy/b/kopia");
  r.settle();
  r.blocked = {"status/ReplicationSource a/data"};
  CHECK(act(r.next()) == "status/ReplicationSource b/data");
}

TEST_CASE("a Job starts only from the CronJob that is wanted") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  auto job = a_job(job_state::waiting);
  job.template_digest = "t";
  r.facts.jobs = {job};
  CHECK(std::holds_alternative<acquire_lease>(r.next().action));
  r.facts.cron_jobs.full.digest = "drifted";
  CHECK(std::holds_alternative<apply_cron_job>(r.next().action));
  r.blocked = {full_cron_job};
  CHECK(rests(r.next()));
}

TEST_CASE("a copy goes when no claim needs it and no Job uses it") {
  room r{{a_claim("a"), a_claim("b")}};
  r.settle();
  r.facts.claimants.pop_back();
  r.facts.cron_jobs.full.digest
      = room::policy()
            .digests(*wanted_cron_job(r.facts, room::policy(),
                                      maintenance_kind::full, now))
            .whole;
  r.with_statuses();
  r.facts.jobs = {a_job(job_state::running)};
  r.facts.lease.holder = {"j"};
  CHECK(rests(r.next()));
  r.facts.jobs.clear();
  r.facts.lease.holder = {};
  CHECK(act(r.next()) == "copy/b/kopia");
  CHECK(std::holds_alternative<delete_copy>(r.next().action));
}

TEST_CASE(
    "A-15: teardown: CronJob, Jobs, copies, Lease, end, never while a Job "
    "runs") {
  room r{{a_claim("a")}};
  r.settle();
  r.facts.claimants.clear();
  r.facts.lease.exists = true;
  r.facts.lease.holder = {"j"};
  r.facts.jobs = {a_job(job_state::running)};
  CHECK(rests(r.next()));
  r.facts.lease.holder = {};
  r.facts.jobs = {a_job(job_state::complete)};
  CHECK(std::holds_alternative<delete_cron_job>(r.next().action));
  r.facts.cron_jobs.full.deleting = true;
  CHECK(rests(r.next()));
  r.facts.cron_jobs.full = {};
  // A Job that has no owner does not go with the CronJob.
  CHECK(std::holds_alternative<drop_job>(r.next().action));
  r.facts.jobs[0].deleting = true;
  CHECK(rests(r.next()));
  CHECK_FALSE(r.next().finished);
  r.facts.jobs.clear();
  CHECK(std::holds_alternative<delete_copy>(r.next().action));
  r.facts.copies.clear();
  CHECK(std::holds_alternative<delete_lease>(r.next().action));
  r.facts.lease = {};
  CHECK(r.next().finished);
}

TEST_CASE("the same facts give the same step, whatever the order of claims") {
  room one{{a_claim("a"), a_claim("b", "5 5 * * *"), a_claim("c")}};
  room two{{a_claim("c"), a_claim("a"), a_claim("b", "5 5 * * *")}};
  CHECK(one.settle().facts.cron_jobs.full.digest
        == two.settle().facts.cron_jobs.full.digest);
}
