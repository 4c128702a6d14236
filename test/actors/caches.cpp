#include "maintenance_stage.hpp"
#include "volume_stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const std::string made = "volsync-kopia-maintenance-daily-cache";

std::string claims_in(const std::string& ns) {
  return "/api/v1/namespaces/" + ns + "/persistentvolumeclaims";
}

std::vector<std::string> claims(simulated_world& world) {
  return names_of(world.call("GET", claims_in("app")));
}

boost::json::value the_claim(simulated_world& world) {
  return world.call("GET", claims_in("app") + "/" + made);
}

std::string capacity(simulated_world& world) {
  return text_at(the_claim(world), "spec", "resources", "requests", "storage");
}

/// What the CronJob's pods have for their cache.
boost::json::value cache_of(simulated_world& world) {
  auto name = cron_jobs_of(world, "app").at(0);
  auto cron_job = world.call("GET", batch("app", "cronjobs") + "/" + name);
  for (const auto& one : items_at(cron_job, "spec", "jobTemplate", "spec",
                                  "template", "spec", "volumes"))
    if (text_at(one, "name") == "cache")
      return one;
  return {};
}

void want(simulated_world& world, const std::string& cache) {
  patch_maintenance(world, "app", "daily", R"({"spec":{)" + cache + "}}");
}

} // namespace

TEST_CASE("C-19, S1: a KopiaMaintenance with a capacity gets a claim for its "
          "cache, which its pods mount") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "cacheCapacity: 15Gi");
  stage s{world};
  s.pass(20s);
  CHECK(claims(world) == std::vector<std::string>{made});
  CHECK(capacity(world) == "15Gi");
  CHECK(std::ranges::count(world.writes, "apply persistentvolumeclaims") == 1);
  CHECK(text_at(cache_of(world), "persistentVolumeClaim", "claimName") == made);
  auto owner = items_at(the_claim(world), "metadata", "ownerReferences").at(0);
  CHECK(text_at(owner, "uid")
        == text_at(maintenance(world, "app", "daily"), "metadata", "uid"));
  CHECK_THAT(conditions_of(world, "app", "daily"),
             Catch::StartsWith("Ready=True MaintenanceActive\n"));
}

TEST_CASE("a cache at rest is not written, nor after a restart") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily",
                  "cacheCapacity: 15Gi, cacheStorageClassName: fast");
  {
    stage s{world};
    s.pass(20s);
    REQUIRE(claims(world).size() == 1);
  }
  CHECK(writes_after_restart(world) == only_the_lease);
}

TEST_CASE("the cache grows with the capacity, also while the operator is away, "
          "and never shrinks") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "cacheCapacity: 15Gi");
  {
    stage s{world};
    s.pass(20s);
    want(world, R"("cacheCapacity":"20Gi")");
    s.pass(20s);
    CHECK(capacity(world) == "20Gi");
  }
  want(world, R"("cacheCapacity":"30Gi")");
  world.now += 30s;
  stage s{world};
  s.pass(30s);
  CHECK(capacity(world) == "30Gi");
  want(world, R"("cacheCapacity":"1Gi")");
  s.pass(20s);
  CHECK(capacity(world) == "30Gi");
}

TEST_CASE("S1: a cache that somebody deletes to clear it is made anew") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "cacheCapacity: 15Gi");
  stage s{world};
  s.pass(20s);
  auto before = text_at(the_claim(world), "metadata", "uid");
  world.call("DELETE", claims_in("app") + "/" + made);
  s.pass(20s);
  REQUIRE(claims(world) == std::vector<std::string>{made});
  CHECK(text_at(the_claim(world), "metadata", "uid") != before);
}

TEST_CASE("the cache goes when another one is wanted, none, or no maintenance "
          "at all") {
  for (auto other : {R"("cacheCapacity":"0")", R"("cacheCapacity":null)",
                     R"("enabled":false)"}) {
    INFO(other);
    simulated_world world;
    add_repository(world, "app", "one");
    add_maintenance(world, "app", "daily", "cacheCapacity: 15Gi");
    stage s{world};
    s.pass(20s);
    REQUIRE(claims(world).size() == 1);
    want(world, other);
    s.pass(30s);
    CHECK(claims(world).empty());
    want(world, R"("cacheCapacity":"15Gi","enabled":true)");
    s.pass(30s);
    CHECK(claims(world).size() == 1);
  }
}

TEST_CASE("with its KopiaMaintenance the cache goes by itself") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "cacheCapacity: 15Gi");
  stage s{world};
  s.pass(20s);
  REQUIRE(claims(world).size() == 1);
  world.call("DELETE", group + "app/kopiamaintenances/daily");
  s.pass(60s);
  CHECK(claims(world).empty());
  CHECK(cron_jobs_of(world, "app").empty());
}

TEST_CASE("a KopiaMaintenance waits for the claim that it names for its cache, "
          "which need not be bound") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "cachePVC: mine");
  stage s{world};
  s.pass(20s);
  CHECK_THAT(conditions_of(world, "app", "daily"),
             Catch::StartsWith("Ready=False Waiting\n"
                               "Reconciling=True Waiting\n"
                               "Error=True PersistentVolumeClaimNotFound\n"));
  CHECK_THAT(told(world, "app", "daily"),
             Catch::Contains("PersistentVolumeClaim app/mine, which "
                             "spec.cachePVC names, does not exist; create it"));
  CHECK(cron_jobs_of(world, "app").empty());
  world.install(R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: mine, namespace: app}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
)");
  s.pass(40s);
  CHECK_THAT(conditions_of(world, "app", "daily"),
             Catch::StartsWith("Ready=True MaintenanceActive\n"));
  CHECK(text_at(cache_of(world), "persistentVolumeClaim", "claimName")
        == "mine");
  CHECK(claims(world) == std::vector<std::string>{"mine"});
}

TEST_CASE("a claim that was there for a KopiaMaintenance that is gone must be "
          "there for the next one too") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "before", "cachePVC: mine");
  add_volume(world, "mine", "hostPath: {path: /mine}");
  add_claim(world, "app", "mine", "mine");
  bind(world, "app", "mine");
  stage s{world};
  s.pass(20s);
  REQUIRE(cron_jobs_of(world, "app").size() == 1);
  SECTION("which has another name") {
    world.call("DELETE", group + "app/kopiamaintenances/before");
    s.pass(5s);
    world.call("DELETE", claims_in("app") + "/mine");
    add_maintenance(world, "app", "daily", "cachePVC: mine");
  }
  SECTION("which first names none") {
    add_maintenance(world, "app", "daily");
    world.call("DELETE", group + "app/kopiamaintenances/before");
    s.pass(5s);
    world.call("DELETE", claims_in("app") + "/mine");
    want(world, R"("cachePVC":"mine")");
  }
  s.pass(5s);
  CHECK_THAT(told(world, "app", "daily"),
             Catch::Contains("PersistentVolumeClaim app/mine, which "
                             "spec.cachePVC names, does not exist; create it"));
}
