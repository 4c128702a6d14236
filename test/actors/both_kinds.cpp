#include "maintenance_stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

/// A cluster in which operators come and go: each step ends with a restart
/// that has nothing to write.
struct changing_cluster {
  simulated_world world;

  /// What is there after an operator has looked at it.
  void live() {
    {
      stage s{world};
      s.pass(40s);
    }
    world.now += 30s;
    world.writes.clear();
    stage s{world};
    s.pass(40s);
    CHECK(distinct(world.writes) == only_the_lease);
    world.now += 30s;
  }

  /// Every CronJob of maintenance, with its winner.
  std::string winners() {
    std::string text;
    auto all = world.call("GET", "/apis/batch/v1/cronjobs");
    for (const auto& one : items_at(all, "items"))
      text += text_at(one, "metadata", "namespace") + ": "
              + text_at(one, "metadata", "annotations", names::winner) + "\n";
    return text;
  }

  std::string source(const std::string& ns) {
    auto source = world.call("GET", group + ns + "/replicationsources/data");
    for (const auto& one : items_at(source, "status", "conditions"))
      if (text_at(one, "type") == names::source_condition)
        return text_at(one, "reason") + ": " + text_at(one, "message");
    return {};
  }

  void remove(const std::string& ns, const std::string& name) {
    world.call("DELETE", group + ns + "/kopiamaintenances/" + name);
  }

  std::string conflict(const std::string& ns) {
    auto all = world.call("GET", batch(ns, "cronjobs"));
    return text_at(items_at(all, "items").at(0), "metadata", "annotations",
                   names::schedule_conflict);
  }
};

} // namespace

TEST_CASE("who maintains follows from what is there, whichever operator looks "
          "and whenever it was started") {
  changing_cluster c;
  add_source(c.world, "app", "one", "0 2 * * *");
  c.live();
  CHECK(c.winners() == "volsync-system: ReplicationSource app/data\n");
  // A KopiaMaintenance beats it, a second one stands by.
  add_maintenance(c.world, "app", "zeta", "trigger: {schedule: '0 3 * * *'}");
  c.live();
  CHECK(c.winners() == "app: KopiaMaintenance app/zeta\n");
  CHECK_THAT(c.source("app"), Catch::StartsWith("Conflict: "));
  CHECK(c.conflict("app")
        == "Schedule '0 2 * * *' requested by ReplicationSource app/data "
           "(rejected - first-wins strategy)");
  c.world.now += 5s;
  add_maintenance(c.world, "app", "alpha", "trigger: {schedule: '0 4 * * *'}");
  c.live();
  CHECK(c.winners() == "app: KopiaMaintenance app/zeta\n");
  CHECK_THAT(conditions_of(c.world, "app", "alpha"),
             Catch::StartsWith("Ready=True Standby\n"));
  CHECK_THAT(c.conflict("app"),
             Catch::Contains("requested by KopiaMaintenance app/alpha"));
  // A suspended winner is named everywhere.
  patch_maintenance(c.world, "app", "zeta", R"({"spec":{"suspend":true}})");
  c.live();
  CHECK_THAT(c.source("app"),
             Catch::StartsWith("Suspended: ")
                 && Catch::Contains("KopiaMaintenance app/zeta")
                 && Catch::Contains("spec.suspend"));
  // It goes: the next is the other KopiaMaintenance, and then the source.
  c.remove("app", "zeta");
  c.live();
  CHECK(c.winners() == "app: KopiaMaintenance app/alpha\n");
  c.remove("app", "alpha");
  c.live();
  CHECK(c.winners() == "volsync-system: ReplicationSource app/data\n");
  CHECK_THAT(c.source("app"), Catch::StartsWith("Scheduled: "));
  CHECK(c.conflict("volsync-system").empty());
}

TEST_CASE("S1: a source that says nothing of its times is maintained by the "
          "KopiaMaintenance without a conflict") {
  changing_cluster c;
  add_source(c.world, "app", "one", "0 2 * * *");
  add_maintenance(c.world, "app", "daily", "trigger: {schedule: '0 3 * * *'}");
  c.live();
  CHECK_THAT(c.source("app"), Catch::StartsWith("Conflict: "));
  // S1's last step: the embedded part is removed.
  c.world.call("PATCH", group + "app/replicationsources/data",
               R"({"spec":{"kopia":{"maintenanceCronJob":null}}})",
               "application/merge-patch+json");
  c.live();
  CHECK_THAT(c.source("app"),
             Catch::StartsWith("Maintained: KopiaMaintenance app/daily"));
  CHECK(c.conflict("app").empty());
}

TEST_CASE("while a KopiaMaintenance's Secret is missing a source takes over in "
          "its own place") {
  changing_cluster c;
  add_source(c.world, "web", "one", "0 2 * * *");
  add_repository(c.world, "app", "one");
  add_maintenance(c.world, "app", "daily");
  c.live();
  CHECK(c.winners() == "app: KopiaMaintenance app/daily\n");
  c.world.call("DELETE", "/api/v1/namespaces/app/secrets/kopia");
  c.live();
  CHECK(c.winners() == "volsync-system: ReplicationSource web/data\n");
  CHECK_THAT(conditions_of(c.world, "app", "daily"),
             Catch::Contains("Error=True SecretNotFound\n"));
  add_secret(c.world, "app", "one");
  c.live();
  CHECK(c.winners() == "app: KopiaMaintenance app/daily\n");
}

TEST_CASE("a KopiaMaintenance whose Secret leads elsewhere maintains that") {
  changing_cluster c;
  add_source(c.world, "web", "one", "0 2 * * *");
  add_repository(c.world, "app", "one");
  add_maintenance(c.world, "app", "daily");
  c.live();
  CHECK(c.winners() == "app: KopiaMaintenance app/daily\n");
  c.world.call("PATCH", "/api/v1/namespaces/app/secrets/kopia",
               R"({"stringData":{"KOPIA_REPOSITORY":"s3://two"}})",
               "application/merge-patch+json");
  c.live();
  CHECK(c.winners()
        == "app: KopiaMaintenance app/daily\n"
           "volsync-system: ReplicationSource web/data\n");
  CHECK_THAT(c.source("web"), Catch::StartsWith("Scheduled: "));
}

TEST_CASE("one that was re-created under its name counts as the incumbent") {
  changing_cluster c;
  add_repository(c.world, "app", "one");
  add_maintenance(c.world, "app", "zeta");
  c.live();
  c.world.now += 5s;
  add_maintenance(c.world, "app", "alpha");
  c.live();
  // GitOps deletes and creates while no operator runs.
  c.remove("app", "zeta");
  add_maintenance(c.world, "app", "zeta");
  c.live();
  CHECK(c.winners() == "app: KopiaMaintenance app/zeta\n");
}
