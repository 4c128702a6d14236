#include "inspection.hpp"
#include "manual_stage.hpp"

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

TEST_CASE("S1: a manual tag is run once, and lastManualSync says so") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "first");
  stage s{world};
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "first"; }));
  CHECK(jobs_of(world, "app") == std::vector{name_of("first")});
  CHECK(runs(world, "first") == 1);
  CHECK(conditions_of(world, "app", "hand")
        == "Ready=True ManualComplete\n"
           "Reconciling=False ReconcileComplete\n"
           "Error=False NoError\n"
           "MaintenanceHealthy=True OperatingNormally\n");
  CHECK(last_result(world, "tag") == "first");
  CHECK(last_result(world, "result") == "Successful");
  CHECK(!last_result(world, "finishedAt").empty());
  CHECK(!status(world, "lastMaintenanceTime").empty());
  CHECK(status(world, "activeCronJob").empty());
  CHECK(status(world, "schedule").empty());
  CHECK(status(world, "nextScheduledMaintenance").empty());
  CHECK(cron_jobs_of(world, "app").empty());
  CHECK(count_events(world, "ManualMaintenanceCompleted") == 1);
  world.writes.clear();
  s.pass(10min);
  CHECK(distinct(world.writes) == only_the_lease);
  CHECK(runs(world, "first") == 1);
}

TEST_CASE("BUG-4: a manual run that fails is not told as done, and its Job "
          "stays") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "warm");
  stage s{world};
  auto place = warm_up(s);
  world.repository(place).failing = failure_class::network;
  ask(world, "first");
  REQUIRE(comes_true(
      s, [&] { return ready(world) == "Ready=False ManualFailed"; }));
  CHECK(status(world, "lastManualSync") == "warm");
  CHECK(last_result(world, "tag") == "first");
  CHECK(last_result(world, "result") == "Failed");
  CHECK(last_result(world, "reason") == "network");
  CHECK(count_events(world, "ManualMaintenanceFailed") == 1);
  CHECK(jobs_of(world, "app").size() == 2);
  // A Job tries twice, as its backoffLimit says.
  CHECK(integer_at(job(world, "first"), "status", "failed") == 2);
  CHECK(integer_at(maintenance(world, "app", "hand"), "status",
                   "maintenanceFailures")
        == 1);
  s.pass(10min);
  CHECK(jobs_of(world, "app").size() == 2);
  world.repository(place).failing = failure_class::none;
  ask(world, "second");
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "second"; }));
  CHECK(ready(world) == "Ready=True ManualComplete");
  CHECK(integer_at(maintenance(world, "app", "hand"), "status",
                   "maintenanceFailures")
        == 0);
}

TEST_CASE("BUG-2: after many failures the next tag is run all the same") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "warm");
  stage s{world};
  auto place = warm_up(s);
  world.repository(place).failing = failure_class::network;
  for (int i = 0; i < 6; ++i) {
    auto tag = fmt::format("t{}", i);
    ask(world, tag);
    REQUIRE(comes_true(s, [&] {
      return last_result(world, "tag") == tag
             && last_result(world, "result") == "Failed";
    }));
  }
  CHECK(integer_at(maintenance(world, "app", "hand"), "status",
                   "maintenanceFailures")
        == 6);
  CHECK_THAT(conditions_of(world, "app", "hand"),
             Catch::Contains("MaintenanceHealthy=False ExcessiveFailures"));
  world.repository(place).failing = failure_class::none;
  ask(world, "last");
  REQUIRE(
      comes_true(s, [&] { return status(world, "lastManualSync") == "last"; }));
  CHECK_THAT(conditions_of(world, "app", "hand"),
             Catch::Contains("MaintenanceHealthy=True"));
}

TEST_CASE("BUG-2: reset-failures makes the count 0, also after a restart") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "warm");
  auto failures = [&] {
    return integer_at(maintenance(world, "app", "hand"), "status",
                      "maintenanceFailures");
  };
  {
    stage s{world};
    world.repository(warm_up(s)).failing = failure_class::network;
    ask(world, "first");
    REQUIRE(comes_true(s, [&] { return failures() == 1; }));
    patch_maintenance(world, "app", "hand",
                      R"({"metadata":{"annotations":{)"
                      R"("volsync.backube/reset-failures":"true"}}})");
    s.pass(10s);
    CHECK(failures() == 0);
    CHECK(text_at(maintenance(world, "app", "hand"), "metadata", "annotations",
                  names::reset_failures)
              .empty());
    CHECK(count_events(world, "FailuresReset") == 1);
  }
  stage s{world};
  s.pass(60s);
  CHECK(failures() == 0);
  CHECK(count_events(world, "FailuresReset") == 1);
}

TEST_CASE("a tag that returns is run again") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "a");
  stage s{world};
  unsigned expected = 0;
  for (std::string tag : {"a", "b", "a"}) {
    ask(world, tag);
    REQUIRE(comes_true(s, [&] {
      return status(world, "lastManualSync") == tag
             && ready(world) == "Ready=True ManualComplete";
    }));
    CHECK(runs(world, tag) == ++expected);
  }
  s.pass(5min);
  CHECK(runs(world, "a") == 3);
}

TEST_CASE("a suspended KopiaMaintenance gets no manual Job until it is not") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "first", "suspend: true");
  stage s{world};
  s.pass(60s);
  CHECK(jobs_of(world, "app").empty());
  CHECK(ready(world) == "Ready=True Suspended");
  CHECK_THAT(told(world, "app", "hand"), Catch::Contains("'first' waits"));
  patch_spec(world, R"("suspend":false)");
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "first"; }));
}

TEST_CASE("a disabled KopiaMaintenance gets no manual Job until it is not") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "first", "enabled: false");
  stage s{world};
  s.pass(60s);
  CHECK(jobs_of(world, "app").empty());
  CHECK(ready(world) == "Ready=True MaintenanceDisabled");
  patch_spec(world, R"("enabled":true)");
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "first"; }));
}

TEST_CASE("the Job of a KopiaMaintenance that is disabled while it waits goes, "
          "and comes when it is enabled again") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "warm");
  auto has_others = GENERATE(false, true);
  if (has_others)
    add_source(world, "web", "one");
  stage s{world};
  world.runs_take(warm_up(s), 2min);
  ask(world, "long");
  REQUIRE(comes_true(
      s, [&] { return ready(world) == "Ready=True ManualRunning"; }));
  ask(world, "a");
  s.pass(20s);
  REQUIRE(read_job(job(world, "a")).state == job_state::waiting);
  patch_spec(world, R"("enabled":false)");
  s.pass(5min);
  CHECK(jobs_of(world, "app").size() == 2);
  CHECK(!read_job(job(world, "a")).uid);
  world.writes.clear();
  s.pass(5min);
  CHECK(distinct(world.writes) == only_the_lease);
  patch_spec(world, R"("enabled":true)");
  REQUIRE(
      comes_true(s, [&] { return status(world, "lastManualSync") == "a"; }));
  CHECK(runs(world, "a") == 3);
}

TEST_CASE("a manual run that is disabled meanwhile ends, and is told when it "
          "is enabled again") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "first");
  stage s{world};
  REQUIRE(comes_true(
      s, [&] { return ready(world) == "Ready=True ManualRunning"; }));
  patch_spec(world, R"("enabled":false)");
  s.pass(3min);
  CHECK(runs(world, "first") == 1);
  CHECK(ready(world) == "Ready=True MaintenanceDisabled");
  patch_spec(world, R"("enabled":true)");
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "first"; }));
  CHECK(runs(world, "first") == 1);
}

TEST_CASE("an operator that dies between a Job's end and its status tells it "
          "afterwards") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "first");
  {
    stage s{world};
    REQUIRE(comes_true(
        s, [&] { return ready(world) == "Ready=True ManualRunning"; }));
    world.decide = [](const request& what) {
      return what.subresource == "status" ? fate::not_sent : fate::done;
    };
    REQUIRE(comes_true(s, [&] {
      return read_job(job(world, "first")).state == job_state::complete;
    }));
    s.pass(20s);
    CHECK(status(world, "lastManualSync").empty());
  }
  world.decide = {};
  world.now += 30s;
  stage s{world};
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "first"; }));
  CHECK(runs(world, "first") == 1);
  CHECK(jobs_of(world, "app") == std::vector{name_of("first")});
}

TEST_CASE("the inspection shows no schedule of a claim that runs by hand") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_by_hand(world, "first");
  stage s{world};
  REQUIRE(comes_true(
      s, [&] { return status(world, "lastManualSync") == "first"; }));
  auto place = text_at(job(world, "first"), "metadata", "labels",
                       names::repository_hash);
  auto shown = boost::json::parse(ask(s, "/v1/repositories/" + place)->body);
  REQUIRE(items_at(shown, "claimants").size() == 1);
  const auto& claim = items_at(shown, "claimants")[0];
  CHECK(text_at(claim, "claim") == "KopiaMaintenance app/hand");
  CHECK(text_at(claim, "schedule").empty());
  CHECK(text_at(claim, "timeZone").empty());
  CHECK(text_at(shown, "schedule").empty());
  patch_spec(world, R"("trigger":{"manual":null,"schedule":"0 3 * * *"})");
  s.pass(30s);
  shown = boost::json::parse(ask(s, "/v1/repositories/" + place)->body);
  CHECK(text_at(items_at(shown, "claimants")[0], "schedule") == "0 3 * * *");
}
