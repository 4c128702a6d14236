#include "maintenance_stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const std::string active = "Ready=True MaintenanceActive\n"
                           "Reconciling=False ReconcileComplete\n"
                           "Error=False NoError\n"
                           "MaintenanceHealthy=True OperatingNormally\n";

std::string reason_of(simulated_world& world, const std::string& ns) {
  auto source = world.call("GET", group + ns + "/replicationsources/data");
  for (const auto& one : items_at(source, "status", "conditions"))
    if (text_at(one, "type") == names::source_condition)
      return text_at(one, "reason");
  return {};
}

} // namespace

TEST_CASE("a KopiaMaintenance becomes a CronJob beside it and says so") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "trigger: {schedule: '0 3 * * *'}");
  stage s{world};
  s.pass(20s);
  REQUIRE(cron_jobs_of(world, "app").size() == 1);
  auto name = cron_jobs_of(world, "app").front();
  CHECK(name.starts_with("kopia-maint-daily-"));
  auto cron_job = world.call("GET", batch("app", "cronjobs") + "/" + name);
  CHECK(text_at(cron_job, "spec", "schedule") == "0 3 * * *");
  CHECK(text_at(cron_job, "spec", "timeZone") == "UTC");
  CHECK(conditions_of(world, "app", "daily") == active);
  auto object = maintenance(world, "app", "daily");
  CHECK(text_at(object, "status", "activeCronJob") == name);
  CHECK(text_at(object, "status", "schedule") == "0 3 * * *");
  CHECK(!text_at(object, "status", "nextScheduledMaintenance").empty());
  CHECK(!text_at(object, "status", "lastReconcileTime").empty());
  CHECK(event_reasons(world, "app").contains("CronJobCreated"));
  // No copy: the pods run beside the Secret.
  CHECK(names_of(world.call("GET", "/api/v1/namespaces/volsync-system/secrets"))
            .empty());
}

TEST_CASE("a KopiaMaintenance at rest is not written, nor after a restart") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily");
  {
    stage s{world};
    s.pass(20s);
    world.writes.clear();
    s.pass(10min);
    CHECK(distinct(world.writes) == only_the_lease);
  }
  CHECK(writes_after_restart(world) == only_the_lease);
}

TEST_CASE("a repository that falls finds the CronJob of its KopiaMaintenance "
          "again, wherever that is") {
  for (const std::string ns : {"app", "volsync-system"}) {
    INFO(ns);
    simulated_world world;
    if (ns == "app")
      add_namespace(world, ns);
    add_secret(world, ns, "one");
    add_maintenance(world, ns, "daily");
    stage s{world};
    s.pass(20s);
    world.writes.clear();
    for (const auto& [hash, one] : s.registry().repositories.all())
      if (one.actor)
        stage::crash(caf::actor_cast<caf::actor>(one.actor));
    s.pass(30s);
    CHECK(distinct(world.writes) == only_the_lease);
    // It knows of it: the CronJob goes with its claim.
    patch_maintenance(world, ns, "daily", R"({"spec":{"enabled":false}})");
    s.pass(20s);
    CHECK(cron_jobs_of(world, ns).empty());
  }
}

TEST_CASE("a scheduled run of a KopiaMaintenance is admitted and told") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "trigger: {schedule: '* * * * *'}");
  stage s{world};
  s.pass(4min);
  auto object = maintenance(world, "app", "daily");
  CHECK(!text_at(object, "status", "lastMaintenanceTime").empty());
  CHECK(conditions_of(world, "app", "daily") == active);
}

TEST_CASE("S1: a KopiaMaintenance takes over from an embedded claim, and gives "
          "back") {
  simulated_world world;
  add_source(world, "app", "one", "0 2 * * *");
  stage s{world};
  s.pass(20s);
  REQUIRE(cron_jobs_of(world, "volsync-system").size() == 1);
  add_maintenance(world, "app", "daily", "trigger: {schedule: '0 2 * * *'}");
  s.pass(20s);
  CHECK(cron_jobs_of(world, "app").size() == 1);
  CHECK(cron_jobs_of(world, "volsync-system").empty());
  CHECK(names_of(world.call("GET", "/api/v1/namespaces/volsync-system/secrets"))
            .empty());
  CHECK(reason_of(world, "app") == "Maintained");
  auto source = world.call("GET", group + "app/replicationsources/data");
  CHECK(text_at(source, "status", "kopia", "kopiaMaintenance") == "daily");
  world.call("DELETE", group + "app/kopiamaintenances/daily");
  s.pass(30s);
  CHECK(cron_jobs_of(world, "app").empty());
  CHECK(cron_jobs_of(world, "volsync-system").size() == 1);
  CHECK(reason_of(world, "app") == "Scheduled");
  CHECK(names_of(world.call("GET", batch("app", "jobs"))).empty());
}

TEST_CASE("a second KopiaMaintenance of a repository stands by, wherever its "
          "Secret is") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "first");
  world.now += 2s;
  add_repository(world, "web", "one");
  add_maintenance(world, "web", "second");
  stage s{world};
  s.pass(20s);
  CHECK(conditions_of(world, "app", "first") == active);
  CHECK_THAT(conditions_of(world, "web", "second"),
             Catch::StartsWith("Ready=True Standby\n"));
  CHECK_THAT(told(world, "web", "second"),
             Catch::Contains("KopiaMaintenance app/first"));
  CHECK(cron_jobs_of(world, "web").empty());
  auto object = maintenance(world, "web", "second");
  CHECK(text_at(object, "status", "activeCronJob").empty());
  world.call("DELETE", group + "app/kopiamaintenances/first");
  s.pass(30s);
  CHECK(conditions_of(world, "web", "second") == active);
  CHECK(cron_jobs_of(world, "app").empty());
  CHECK(cron_jobs_of(world, "web").size() == 1);
}

TEST_CASE("a KopiaMaintenance whose Secret is missing waits for it by name") {
  simulated_world world;
  add_namespace(world, "app");
  add_maintenance(world, "app", "daily");
  stage s{world};
  s.pass(20s);
  CHECK(conditions_of(world, "app", "daily")
        == "Ready=False Waiting\n"
           "Reconciling=True Waiting\n"
           "Error=True SecretNotFound\n"
           "MaintenanceHealthy=True OperatingNormally\n");
  CHECK_THAT(told(world, "app", "daily"), Catch::Contains("app/kopia"));
  CHECK(event_reasons(world, "app")
        == std::set<std::string>{"MaintenanceWaiting"});
  add_secret(world, "app", "one");
  s.pass(20s);
  CHECK(conditions_of(world, "app", "daily") == active);
}

TEST_CASE("suspended and disabled are said, and nothing is scheduled then") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "suspend: true");
  stage s{world};
  s.pass(20s);
  CHECK_THAT(conditions_of(world, "app", "daily"),
             Catch::StartsWith("Ready=True Suspended\n"));
  REQUIRE(cron_jobs_of(world, "app").size() == 1);
  auto object = maintenance(world, "app", "daily");
  CHECK(text_at(object, "status", "nextScheduledMaintenance").empty());
  patch_maintenance(world, "app", "daily", R"({"spec":{"enabled":false}})");
  s.pass(20s);
  CHECK_THAT(conditions_of(world, "app", "daily"),
             Catch::StartsWith("Ready=True MaintenanceDisabled\n"));
  CHECK(cron_jobs_of(world, "app").empty());
  CHECK(text_at(maintenance(world, "app", "daily"), "status", "activeCronJob")
            .empty());
  patch_maintenance(world, "app", "daily",
                    R"({"spec":{"enabled":true,"suspend":false}})");
  s.pass(20s);
  CHECK(conditions_of(world, "app", "daily") == active);
}

TEST_CASE("BUG-1: a long name gets a CronJob") {
  simulated_world world;
  add_repository(world, "app", "one");
  std::string name(200, 'n');
  add_maintenance(world, "app", name);
  stage s{world};
  s.pass(20s);
  REQUIRE(cron_jobs_of(world, "app").size() == 1);
  CHECK(cron_jobs_of(world, "app").front().size() <= 52);
  CHECK(conditions_of(world, "app", name) == active);
}

TEST_CASE("BUG-3: the fork's finalizer goes although the spec is invalid") {
  simulated_world world;
  add_repository(world, "app", "one");
  world.install(R"(
apiVersion: volsync.backube/v1alpha1
kind: KopiaMaintenance
metadata:
  name: daily
  namespace: app
  finalizers: [example.org/mine, volsync.backube/kopiamaintenance-protection]
spec: {repository: {repository: gone}}
)");
  stage s{world};
  s.pass(20s);
  world.writes.clear();
  world.call("DELETE", group + "app/kopiamaintenances/daily");
  s.pass(20s);
  CHECK(distinct(world.writes)
        == std::set<std::string>{"json_patch kopiamaintenances",
                                 "merge_patch leases"});
  auto left = maintenance(world, "app", "daily");
  REQUIRE(items_at(left, "metadata", "finalizers").size() == 1);
  CHECK(items_at(left, "metadata", "finalizers").front()
        == boost::json::value("example.org/mine"));
  patch_maintenance(world, "app", "daily",
                    R"({"metadata":{"finalizers":null}})");
  s.pass(5s);
  CHECK(text_at(maintenance(world, "app", "daily"), "reason") == "NotFound");
}

TEST_CASE("BUG-5: macros are schedules") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "trigger: {schedule: '@daily'}");
  stage s{world};
  s.pass(20s);
  CHECK(conditions_of(world, "app", "daily") == active);
}

TEST_CASE("a schedule that can't be is told in the fork's words") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "trigger: {schedule: '0 2 31 2 *'}");
  add_maintenance(world, "app", "worse", "trigger: {schedule: '0 26 * * *'}");
  stage s{world};
  s.pass(20s);
  CHECK_THAT(conditions_of(world, "app", "worse"),
             Catch::StartsWith("Ready=False ReconcileFailed\n"
                               "Reconciling=False ReconcileComplete\n"
                               "Error=True ValidationFailed\n"));
  CHECK_THAT(told(world, "app", "worse"),
             Catch::StartsWith("invalid cron schedule format in trigger: "));
  CHECK(event_reasons(world, "app").contains("ValidationFailed"));
}

TEST_CASE("a CronJob that the API server refuses is told under its reason") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily");
  auto is_forbidden = true;
  world.decide = [&](const request& what) {
    return is_forbidden && what.kind == resources::cron_jobs
                   && what.what == verb::apply
               ? fate::forbidden
               : fate::done;
  };
  stage s{world};
  s.pass(30s);
  CHECK_THAT(conditions_of(world, "app", "daily"),
             Catch::StartsWith("Ready=False ReconcileFailed\n"
                               "Reconciling=False ReconcileComplete\n"
                               "Error=True Forbidden\n"));
  CHECK(event_reasons(world, "app").contains("CronJobFailed"));
  is_forbidden = false;
  s.pass(6min);
  CHECK(conditions_of(world, "app", "daily") == active);
}
