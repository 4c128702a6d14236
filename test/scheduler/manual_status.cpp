#include "manual_room.hpp"

using namespace holystone;
using namespace holystone::scheduler;
using namespace holystone::test::one_repository;

TEST_CASE("one tag after another is told as it goes") {
  manual_room r{"a"};
  auto& job = r.add("a", job_state::running);
  job.started = now - 30s;
  r.hold(job);
  CHECK(r.reason() == "ManualRunning");
  auto running = r.wanted();
  CHECK(running.ready);
  CHECK(running.conditions[0].is_true);
  CHECK(running.conditions[0].reason == "ManualRunning");
  CHECK_FALSE(r.result());

  job.state = job_state::complete;
  job.finished = now;
  // The ledger has the word first, for a while.
  CHECK(r.reason() == "ManualRunning");
  CHECK(r.reason(now + 60s) == "ManualComplete");
  r.facts.lease.holder = {};
  auto done = r.wanted();
  CHECK(done.ready);
  CHECK(done.reason == "ManualComplete");
  CHECK_FALSE(done.conditions[0].is_true);
  CHECK_FALSE(done.conditions[1].is_true);
  CHECK(done.standalone->last_manual_sync == "a");
  CHECK(r.result() == manual_result{"a", true, "", now});
  r.tell();
  CHECK(rests(r.next()));
}

TEST_CASE("BUG-4: a failed pod is no failed run, and a failed run is no done "
          "one") {
  manual_room r{"a"};
  auto& job = r.add("a", job_state::running);
  job.started = now - 30s;
  job.pods = 2;
  r.hold(job);
  CHECK(r.reason() == "ManualRunning");
  job.state = job_state::failed;
  job.finished = now;
  job.reason = "BackoffLimitExceeded";
  r.facts.lease.holder = {};
  auto failed = r.wanted();
  CHECK_FALSE(failed.ready);
  CHECK(failed.reason == "ManualFailed");
  CHECK(failed.conditions[1].is_true);
  CHECK(failed.conditions[1].reason == "ManualFailed");
  CHECK(failed.standalone->last_manual_sync.empty());
  CHECK(r.result() == manual_result{"a", false, "BackoffLimitExceeded", now});
  r.facts.lease.known.counted = job.uid;
  r.facts.lease.known.failure = failure_class::authentication;
  CHECK(r.result()->reason == "authentication");
  CHECK_THAT(r.wanted().message, Catch::Contains("authentication"));
  // The Job stays, because its user will look at it, and is not run again.
  r.tell();
  CHECK(rests(r.next()));
}

TEST_CASE("the result is in the status before a Job is deleted") {
  for (auto state : {job_state::complete, job_state::failed}) {
    manual_room r{"a"};
    r.who().wish.settings.successful_jobs_history_limit = 0;
    r.who().wish.settings.failed_jobs_history_limit = 0;
    r.add("a", state);
    CHECK(rests(r.next_other()));
    r.blocked.clear();
    as<write_status>(r.next());
    r.tell();
    CHECK(as<drop_job>(r.next()).job.manual->tag == "a");
    r.facts.jobs.clear();
    CHECK(rests(r.next()));
  }
}

TEST_CASE("a Job that vanished unseen counts as unknown, unless the ledger "
          "knows") {
  manual_room r{"a"};
  auto& job = r.add("a", job_state::running);
  r.hold(job);
  r.tell();
  auto uid = job.uid;
  r.facts.jobs.clear();
  CHECK(r.reason() == "ManualRunning");
  r.facts.lease.holder = {};
  SECTION("unknown") {
    CHECK(r.reason() == "ManualFailed");
    CHECK(r.result() == manual_result{"a", false, "Unknown", now});
  }
  SECTION("succeeded") {
    r.facts.gone_holder = {uid, 1};
    r.facts.lease.known.counted = uid;
    r.facts.lease.known.counted_at = now - 1s;
    CHECK(r.result() == manual_result{"a", true, "", now - 1s});
    CHECK(r.wanted().standalone->last_manual_sync == "a");
  }
  SECTION("failed") {
    r.facts.gone_holder = {uid, 1};
    r.facts.lease.known.counted = uid;
    r.facts.lease.known.counted_at = now - 1s;
    r.facts.lease.known.failures = 1;
    r.facts.lease.known.failure = failure_class::network;
    CHECK(r.result() == manual_result{"a", false, "network", now - 1s});
  }
  r.tell();
  CHECK(rests(r.next()));
}

TEST_CASE("what the fork has done is done, what it has not is pending") {
  manual_room r{"a"};
  claim_status left;
  standalone_status own;
  own.last_manual_sync = "a";
  left.standalone = own;
  r.who().status = left;
  CHECK(r.reason() == "ManualComplete");
  r.tell();
  CHECK(rests(r.next()));
  r.ask("b");
  r.tell();
  as<make_job>(r.next());
}

TEST_CASE("BUG-2: no number of failures keeps a manual run from being made") {
  manual_room r{"a"};
  r.facts.lease.exists = true;
  r.facts.lease.known.failures = 12;
  CHECK(r.reason() == "ManualPending");
  r.tell();
  as<make_job>(r.next());
}

TEST_CASE("BUG-2: reset-failures is durable before it is settled") {
  manual_room r{"a"};
  r.add("a", job_state::complete, now - 10min);
  r.facts.lease.exists = true;
  r.facts.lease.known.failures = 7;
  r.facts.lease.known.failure = failure_class::network;
  r.facts.lease.known.counted = {"job-a"};
  r.tell();
  CHECK(rests(r.next()));
  r.who().wish.resets_failures = true;
  auto after = as<write_ledger>(r.next()).known;
  CHECK(after.failures == 0);
  CHECK(after.failure == failure_class::none);
  CHECK(after.counted == object_uid{"job-a"});
  r.facts.lease.known = after;
  auto step = r.next();
  as<settle_reset>(step);
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].reason == "FailuresReset");
  r.who().wish.resets_failures = false;
  r.tell();
  CHECK(r.wanted().failures == 0);
  CHECK(rests(r.next()));
}

TEST_CASE("a Job that can't be made is told, with the API server's words") {
  manual_room r{"a"};
  r.facts.troubles["new job/" + to_string(manual_job_key(r.who().wish))]
      = {"create jobs: 403: the quota is exceeded", "Forbidden"};
  auto told = r.wanted();
  CHECK(told.reason == "ReconcileFailed");
  CHECK_THAT(told.message, Catch::Contains("the quota is exceeded"));
  CHECK(told.conditions[1].reason == "Forbidden");
  auto events = standalone_events(r.who(), told);
  REQUIRE(events.size() == 1);
  CHECK(events[0].reason == "JobCreationFailed");
  CHECK(events[0].warning);
}

TEST_CASE("each end of a manual run is one Event") {
  for (auto state : {job_state::complete, job_state::failed}) {
    manual_room r{"a"};
    r.tell();
    r.add("a", state);
    auto step = r.next();
    as<write_status>(step);
    REQUIRE(step.events.size() == 1);
    CHECK(step.events[0].reason
          == (state == job_state::failed ? "ManualMaintenanceFailed"
                                         : "ManualMaintenanceCompleted"));
    CHECK(step.events[0].warning == (state == job_state::failed));
    r.tell();
    CHECK(standalone_events(r.who(), r.wanted()).empty());
  }
}

TEST_CASE("scheduled claims beside a manual one are told nothing of it") {
  manual_room r{"a"};
  r.facts.claimants.push_back(a_claim("web"));
  r.settle();
  auto& source = r.facts.claimants[1];
  auto before = told(r.facts, source, now);
  CHECK(before.reason == "Scheduled");
  CHECK(before.kopia_maintenance.empty());
  r.add("a", job_state::waiting);
  CHECK(told(r.facts, source, now) == before);
  CHECK(r.facts.cron_jobs.full.winner == source.wish.who);
  CHECK(r.facts.cron_jobs.full.conflict.empty());
  r.facts.jobs.back().state = job_state::failed;
  r.facts.jobs.back().finished = now;
  CHECK(told(r.facts, source, now) == before);
}
