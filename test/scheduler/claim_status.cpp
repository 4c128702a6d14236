#include "repository_room.hpp"

#include "scheduler/claim_status.hpp"

using namespace holystone;
using namespace holystone::test::one_repository;
using namespace std::chrono_literals;

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
    return told(r.facts, r.facts.claimants[static_cast<size_t>(i)], now);
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
    auto status = told(r.facts, c, now);
    CHECK(status.reason == "Suspended");
    CHECK_THAT(status.message, Catch::Contains("ReplicationSource a/data"));
    CHECK(!status.next_maintenance);
  }
}

TEST_CASE("the status holds success, failures and what failed") {
  room r{{a_claim("a")}};
  r.settle();
  r.facts.lease.known.success_ended = now - 24h;
  r.facts.lease.known.failures = 2;
  r.facts.lease.known.failure = failure_class::network;
  r.facts.lease.known.failure_message = "no route";
  auto status = told(r.facts, r.facts.claimants[0], now);
  CHECK(status.last_maintenance == now - 24h);
  CHECK(status.failures == 2);
  CHECK_THAT(status.message,
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
    return told(r.facts, r.facts.claimants[0], now).message;
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
  r.facts.lease.known.refused_secrets = {"a/kopia@5"};
  r.settle();
  auto status = told(r.facts, r.facts.claimants[0], now);
  CHECK_FALSE(status.ready);
  CHECK(status.reason == "Error");
  CHECK_THAT(status.message,
             Catch::Contains("Secret a/kopia does not work")
                 && Catch::Contains("KOPIA_PASSWORD")
                 && Catch::Contains("ReplicationSource b/data"));
  CHECK(told(r.facts, r.facts.claimants[1], now).reason == "Scheduled");
  // Alone, it goes on trying.
  r.facts.claimants.pop_back();
  r.settle();
  status = told(r.facts, r.facts.claimants[0], now);
  CHECK(status.reason == "Error");
  CHECK_THAT(status.message, Catch::Contains("Every slot tries it again"));
  r.facts.claimants[0].wish.secret_version = "6";
  CHECK(told(r.facts, r.facts.claimants[0], now).reason == "Scheduled");
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
  CHECK(told(r.facts, r.facts.claimants[0], now).next_maintenance
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
  r.facts.claimants[0].status = told(r.facts, r.facts.claimants[0], now);
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

TEST_CASE("a message is cut where no server would take it") {
  auto loser = a_claim("b");
  for (int i = 0; i < 50'000; ++i)
    loser.wish.settings.schedule += "\u00e4";
  room r{{a_claim("a", "0 2 * * *", 2h), loser}};
  r.settle().with_statuses();
  auto message = wanted_status(r.facts, account_of(r.facts, {}, now),
                               r.facts.claimants[1], now)
                     .message;
  CHECK(message.size() <= 4100);
  CHECK(message.ends_with("\u00e4 ..."));
}

TEST_CASE("a CronJob that can't be written is no schedule in force") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.claimants[0].wish.settings.schedule = "15 7 * * *";
  r.facts.troubles[full_cron_job] = {"requests must not exceed limits"};
  r.blocked = {full_cron_job};
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_status>(step.action));
  const auto& status = std::get<write_status>(step.action).status;
  CHECK_FALSE(status.ready);
  CHECK(status.reason == "Error");
  CHECK(status.message
        == "CronJob kopia-maintenance-0123456789abcdef can't be written as "
           "ReplicationSource a/data asks: "
           "requests must not exceed limits.");
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].reason == "MaintenanceError");
}

TEST_CASE("while no claim can be used the reason says which and why") {
  auto c = a_claim("a");
  room r{{c}};
  r.settle().with_statuses();
  r.facts.claimants[0].wish.defect = trouble{"Error", "schedule: five fields"};
  r.facts.jobs = {a_job(job_state::waiting)};
  CHECK(r.next().reason
        == "no claim can be used; ReplicationSource a/data: schedule: five "
           "fields");
}

TEST_CASE("a run that failed is an Event on the winner") {
  room r{{a_claim("a"), a_claim("b")}};
  r.settle().with_statuses();
  auto job = a_job(job_state::failed);
  job.reason = "BackoffLimitExceeded";
  r.facts.jobs = {job};
  r.facts.lease.exists = true;
  r.facts.lease.holder = job.uid;
  r.facts.lease.holder_job = job.key;
  pod_fact pod;
  pod.key = {ns, "p"};
  pod.uid = {"p"};
  pod.job = job.uid;
  pod.bound = pod.ended = true;
  r.facts.pods = {pod};
  auto step = r.next();
  REQUIRE(std::holds_alternative<release_lease>(step.action));
  REQUIRE(step.events.size() == 1);
  CHECK(regarded(step.events[0]) == "ReplicationSource a/data");
  CHECK(step.events[0].reason == "MaintenanceFailed");
  CHECK_THAT(step.events[0].message,
             Catch::Contains("Job volsync-system/j failed (unknown)"));
}

TEST_CASE("a Job that is dropped is an Event that says why") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  auto job = a_job(job_state::waiting);
  job.slot = now - 26h;
  r.facts.jobs = {job};
  r.facts.cron_jobs.full.effective_since = now - 1h;
  auto step = r.next();
  REQUIRE(std::holds_alternative<drop_job>(step.action));
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].reason == "JobDropped");
  CHECK_THAT(step.events[0].message,
             Catch::Contains(std::get<drop_job>(step.action).reason));
}
