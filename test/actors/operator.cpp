#include "inspection.hpp"
#include "stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;
using namespace std::string_literals;

TEST_CASE("claims become CronJobs, copies and conditions") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  auto cron_jobs = world.call("GET", home + "cronjobs");
  REQUIRE(items_at(cron_jobs, "items").size() == 2);
  CHECK_THAT(picture(world),
             Catch::Contains("ReplicationSource app/data Schedule '0 3 * * *' "
                             "requested by ReplicationSource web/data")
                 && Catch::Contains("maintenance-app-kopia")
                 && Catch::Contains("maintenance-web-kopia")
                 && Catch::Contains("maintenance-other-kopia")
                 && Catch::Contains("app MaintenanceReady True Scheduled")
                 && Catch::Contains("web MaintenanceReady True Conflict")
                 && Catch::Contains("other MaintenanceReady True Scheduled"));
}

TEST_CASE("at rest nothing is written but the operator's Lease") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  world.writes.clear();
  s.pass(10min);
  CHECK(distinct(world.writes) == only_the_lease);
}

TEST_CASE("a restart on an unchanged cluster writes nothing but its Lease") {
  simulated_world world;
  add_claims(world);
  {
    stage s{world};
    s.pass(20s);
  }
  CHECK(writes_after_restart(world) == only_the_lease);
}

TEST_CASE("two Jobs at once run one after the other and are both complete") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(10s);
  create_job(world, "first");
  create_job(world, "second");
  s.pass(3min);
  CHECK(completed(world) == 2);
}

TEST_CASE("what somebody's finalizer holds is asked to go once, also by an "
          "operator that starts then") {
  simulated_world world;
  add_source(world, "app", "one");
  {
    stage s{world};
    s.pass(20s);
    create_job(world, "run");
    s.pass(2min);
    auto lease = names_of(world.call(
        "GET", "/apis/coordination.k8s.io/v1/namespaces/volsync-system/"
               "leases?labelSelector=volsync.backube/location-hash"));
    REQUIRE(lease.size() == 1);
    for (const auto& held :
         {"/api/v1/namespaces/volsync-system/secrets/maintenance-app-kopia"s,
          "/apis/coordination.k8s.io/v1/namespaces/volsync-system/leases/"
              + lease[0]})
      world.call("PATCH", held,
                 R"({"metadata":{"finalizers":["example.com/hold"]}})",
                 "application/merge-patch+json");
    world.writes.clear();
    world.call("DELETE", "/apis/volsync.backube/v1alpha1/namespaces/app/"
                         "replicationsources/data");
    s.pass(2min);
    CHECK(std::ranges::count(world.writes, "remove secrets") == 1);
    CHECK(std::ranges::count(world.writes, "remove leases") == 1);
  }
  CHECK(writes_after_restart(world) == only_the_lease);
}

TEST_CASE("a CronJob whose winner is gone goes on as it was while others claim "
          "who can't be used") {
  simulated_world world;
  add_source(world, "app", "one");
  world.now += 2s;
  add_source(world, "web", "one", "0 3 * * *");
  auto spec_of_cron_job = [&] {
    auto all = world.call("GET", home + "cronjobs");
    return boost::json::serialize(*find(items_at(all, "items").at(0), "spec"));
  };
  std::string before;
  {
    stage s{world};
    s.pass(20s);
    world.call("DELETE", "/api/v1/namespaces/web/secrets/kopia");
    s.pass(20s);
    before = spec_of_cron_job();
    world.call("DELETE", "/apis/volsync.backube/v1alpha1/namespaces/app/"
                         "replicationsources/data");
    s.pass(2min);
    CHECK(spec_of_cron_job() == before);
    CHECK_THAT(picture(world), Catch::Contains("maintenance-app-kopia"));
  }
  CHECK(writes_after_restart(world) == only_the_lease);
  CHECK(spec_of_cron_job() == before);
}

TEST_CASE("deleting every source leaves no CronJob, copy or Lease behind") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  create_job(world, "run");
  s.pass(90s);
  CHECK(completed(world) == 1);
  for (auto ns : {"app", "web", "other"})
    world.call("DELETE", fmt::format("/apis/volsync.backube/v1alpha1/"
                                     "namespaces/{}/replicationsources/data",
                                     ns));
  s.pass(60s);
  CHECK(names_of(world.call("GET", home + "cronjobs")).empty());
  CHECK(names_of(world.call("GET", home + "jobs")).empty());
  CHECK(names_of(world.call("GET", "/api/v1/namespaces/volsync-system/secrets"))
            .empty());
  // The operator's own stays.
  CHECK(names_of(world.call("GET", "/apis/coordination.k8s.io/v1/namespaces/"
                                   "volsync-system/leases"))
            .size()
        == 1);
  CHECK(s.registry().repositories.all().size() <= 1);
}

TEST_CASE("R-35: who lost the Lease writes nothing any more") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  auto leases = "/apis/coordination.k8s.io/v1/namespaces/volsync-system/"
                "leases";
  std::string mine;
  auto held = world.call("GET", leases);
  for (const auto& item : items_at(held, "items"))
    if (text_at(item, "spec", "holderIdentity") == "me")
      mine = text_at(item, "metadata", "name");
  REQUIRE_FALSE(mine.empty());
  auto steal = [&](int n) {
    world.call("PATCH", fmt::format("{}/{}", leases, mine),
               fmt::format(R"({{"spec":{{"holderIdentity":"other",
                 "leaseDurationSeconds":15,
                 "renewTime":"2026-11-21T12:00:{:02}.000000Z"}}}})",
                           n),
               "application/merge-patch+json");
  };
  steal(1);
  s.pass(5s);
  world.writes.clear();
  add_source(world, "late", "three");
  for (int n = 2; n < 10; ++n) {
    steal(n);
    s.pass(5s);
  }
  CHECK(world.writes.empty());
  // The other goes; we take over and do what was left undone.
  s.pass(40s);
  CHECK_THAT(picture(world), Catch::Contains("maintenance-late-kopia"));
}

TEST_CASE("the next claim takes over without an extra run") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  world.call("DELETE", "/apis/volsync.backube/v1alpha1/namespaces/app/"
                       "replicationsources/data");
  s.pass(5min);
  CHECK_THAT(picture(world),
             Catch::Contains("0 3 * * * ReplicationSource web/data"));
  CHECK(names_of(world.call("GET", home + "jobs")).empty());
}

TEST_CASE("a foreign CronJob under our name is left as it is") {
  simulated_world world;
  add_source(world, "app", "one");
  std::string name;
  std::string before;
  {
    stage s{world};
    s.pass(20s);
    name = names_of(world.call("GET", home + "cronjobs")).at(0);
    world.call("PATCH", home + "cronjobs/" + name,
               R"({"metadata":{"labels":null}})",
               "application/merge-patch+json");
    before = text_at(world.call("GET", home + "cronjobs/" + name), "metadata",
                     "resourceVersion");
    s.pass(20s);
  }
  CHECK(text_at(world.call("GET", home + "cronjobs/" + name), "metadata",
                "resourceVersion")
        == before);
  CHECK_THAT(picture(world),
             Catch::Contains("app MaintenanceReady False Error"));
}

TEST_CASE("a foreign CronJob stays known while nobody claims the repository") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  auto source = "/apis/volsync.backube/v1alpha1/namespaces/app/"
                "replicationsources/data";
  auto name = names_of(world.call("GET", home + "cronjobs")).at(0);
  world.call("DELETE", source);
  s.pass(20s);
  REQUIRE(names_of(world.call("GET", home + "cronjobs")).empty());
  world.call("POST", home + "cronjobs",
             fmt::format(R"({{"metadata":{{"name":"{}"}},"spec":{{
               "schedule":"0 0 1 1 *","jobTemplate":{{"spec":{{"template":{{
               "spec":{{"restartPolicy":"Never","containers":[
               {{"name":"theirs","image":"theirs"}}]}}}}}}}}}}}})",
                         name));
  s.pass(20s);
  world.call("POST",
             "/apis/volsync.backube/v1alpha1/namespaces/app/"
             "replicationsources",
             R"({"apiVersion":"volsync.backube/v1alpha1",
               "kind":"ReplicationSource",
               "metadata":{"name":"data"},"spec":{"sourcePVC":"data",
               "trigger":{"manual":"once"},"kopia":{"repository":"kopia",
               "maintenanceCronJob":{"schedule":"0 2 * * *"}}}})");
  s.pass(20s);
  CHECK(
      text_at(world.call("GET", home + "cronjobs/" + name), "spec", "schedule")
      == "0 0 1 1 *");
  CHECK_THAT(picture(world),
             Catch::Contains("app MaintenanceReady False Error"));
}

TEST_CASE("the inspector says 503 while the registry restarts, then 200") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  CHECK(ask(s, "/readyz")->status == 200);
  CHECK(ask(s, "/v1/repositories")->status == 200);
  s.kill("registry");
  s.settle();
  CHECK(ask(s, "/readyz")->status == 503);
  CHECK(ask(s, "/v1/repositories")->status == 503);
  s.pass(20s);
  CHECK(ask(s, "/readyz")->status == 200);
  CHECK(ask(s, "/v1/repositories")->status == 200);
}

TEST_CASE("the inspection shows one repository as a whole") {
  simulated_world world;
  add_source(world, "app", "one");
  world.now += 2s;
  add_source(world, "web", "one", "0 3 * * *");
  stage s{world};
  s.pass(20s);
  create_job(world, "first");
  s.pass(2s);
  create_job(world, "second");
  s.pass(4s);
  auto page = "/v1/repositories/"
              + s.registry().repositories.all().rbegin()->first.open();
  auto shown = boost::json::parse(ask(s, page)->body);
  auto lines = [&](std::string_view list) {
    return items_at(shown, list).size();
  };
  CHECK(text_at(shown, "winner") == "ReplicationSource app/data");
  CHECK(lines("claimants") == 2);
  CHECK(lines("copies") == 2);
  CHECK_THAT(text_at(shown, "conflict"), Catch::Contains("web/data"));
  CHECK(text_at(shown, "lease", "job") == "volsync-system/first");
  CHECK(text_at(shown, "place") == "taken");
  REQUIRE(lines("queue") == 1);
  CHECK(text_at(items_at(shown, "queue")[0], "job") == "volsync-system/second");
  CHECK(text_at(items_at(shown, "queue")[0], "since")
        == "2026-11-21T12:00:24Z");
  REQUIRE(lines("nextRuns") == 5);
  CHECK(items_at(shown, "nextRuns")[0] == "2026-11-22T02:00:00Z");
  CHECK(items_at(shown, "nextRuns")[4] == "2026-11-26T02:00:00Z");
  CHECK_FALSE(text_at(shown, "reason").empty());
  s.pass(3min);
  shown = boost::json::parse(ask(s, page)->body);
  CHECK(lines("queue") == 0);
  CHECK(text_at(shown, "place") == "none");
  CHECK_FALSE(text_at(shown, "history", "lastSuccessEnded").empty());
}

TEST_CASE("quickSchedule makes a second CronJob whose runs take turns with the "
          "first one's") {
  simulated_world world;
  add_source(world, "app", "one");
  auto source = "/apis/volsync.backube/v1alpha1/namespaces/app/"
                "replicationsources/data";
  auto want = [&](const std::string& quick) {
    world.call("PATCH", source,
               R"({"spec":{"kopia":{"maintenanceCronJob":{"quickSchedule":)"
                   + quick + "}}}}",
               "application/merge-patch+json");
  };
  want(R"("*/2 * * * *")");
  stage s{world};
  s.pass(20s);
  auto made = names_of(world.call("GET", home + "cronjobs"));
  REQUIRE(made.size() == 2);
  CHECK(made[1] == made[0] + "-quick");
  create_job(world, "full");
  s.pass(5min);
  std::size_t quick = 0;
  auto jobs = world.call("GET", home + "jobs");
  for (const auto& item : items_at(jobs, "items")) {
    auto job = read_job(item);
    CHECK(job.state == job_state::complete);
    quick += job.kind == maintenance_kind::quick ? 1 : 0;
  }
  CHECK(quick >= 1);
  world.writes.clear();
  s.kill("registry");
  s.pass(10s);
  CHECK(std::ranges::count(world.writes, "apply cronjobs") == 0);
  want("null");
  s.pass(60s);
  CHECK(names_of(world.call("GET", home + "cronjobs")) == std::vector{made[0]});
  for (const auto& name : names_of(world.call("GET", home + "jobs")))
    CHECK(name == "full");
}
