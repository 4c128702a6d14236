#include "inspection.hpp"
#include "maintenance_stage.hpp"
#include "volume_stage.hpp"

#include <catch2/catch.hpp>

// What the Kopia fork got wrong for KopiaMaintenance objects, each under its
// number in docs/compatibility.md; others stand beside what they are about.

using namespace holystone;
using namespace holystone::actors;

namespace {

boost::json::value only_cron_job(simulated_world& world) {
  auto list = world.call("GET", batch("app", "cronjobs"));
  REQUIRE(items_at(list, "items").size() == 1);
  return items_at(list, "items").at(0);
}

const boost::json::value& pod_of(const boost::json::value& cron_job) {
  return *find(cron_job, "spec", "jobTemplate", "spec", "template", "spec");
}

/// The key of the ConfigMap that the pods get as their CA; empty: none.
std::string authority_key(const boost::json::value& cron_job) {
  for (const auto& volume : items_at(pod_of(cron_job), "volumes"))
    if (text_at(volume, "configMap", "name") == "company")
      return text_at(items_at(volume, "configMap", "items").at(0), "key");
  return {};
}

bool has_argument(const boost::json::value& cron_job, const std::string& what) {
  const auto& container = items_at(pod_of(cron_job), "containers").at(0);
  for (const auto& one : items_at(container, "args"))
    if (one.as_string() == what)
      return true;
  return false;
}

std::string status_of(simulated_world& world, const std::string& field) {
  return text_at(maintenance(world, "app", "daily"), "status", field.c_str());
}

} // namespace

TEST_CASE("BUG-7: a CA reaches kopia, also one that comes later") {
  simulated_world world;
  add_repository(world, "app", "one");
  world.install("apiVersion: v1\nkind: ConfigMap\n"
                "metadata: {name: company, namespace: app}\n"
                "data: {ca.crt: certificates}\n");
  add_maintenance(world, "app", "daily", "trigger: {schedule: '0 3 * * *'}");
  stage s{world};
  s.pass(20s);
  REQUIRE(authority_key(only_cron_job(world)).empty());
  // Without a key it is ca.crt (C-20).
  patch_maintenance(
      world, "app", "daily",
      R"({"spec":{"repository":{"customCA":{"configMapName":"company"}}}})");
  s.pass(20s);
  CHECK(authority_key(only_cron_job(world)) == "ca.crt");
  CHECK(has_argument(only_cron_job(world), "--ca-file=/customCA/ca.crt"));
}

TEST_CASE("BUG-8: a repository on a volume needs no place in its Secret") {
  simulated_world world;
  add_namespace(world, "app");
  world.install("apiVersion: v1\nkind: Secret\n"
                "metadata: {name: kopia, namespace: app}\n"
                "stringData: {KOPIA_PASSWORD: secret}\n");
  add_volume(world, "pv1", "nfs: {server: nas, path: /export}");
  add_claim(world, "app", "pv1");
  bind(world, "app");
  add_maintenance(world, "app", "daily",
                  "trigger: {schedule: '0 3 * * *'}, moverVolumes: [" + on_claim
                      + "]");
  stage s{world};
  s.pass(20s);
  CHECK(location_of(only_cron_job(world))
        == R"({"backend":"filesystem","path":"/export","server":"nas",)"
           R"("volume":"nfs"})");
}

TEST_CASE("BUG-6: another Secret of the same repository reaches the pods") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "trigger: {schedule: '0 3 * * *'}");
  stage s{world};
  s.pass(20s);
  world.install(R"(
apiVersion: v1
kind: Secret
metadata: {name: other, namespace: app}
stringData:
  KOPIA_PASSWORD: secret
  KOPIA_REPOSITORY: s3://one
  AWS_ACCESS_KEY_ID: another
  AWS_SECRET_ACCESS_KEY: key
  AWS_S3_ENDPOINT: http://minio.example:9000
)");
  patch_maintenance(world, "app", "daily",
                    R"({"spec":{"repository":{"repository":"other"}}})");
  s.pass(20s);
  auto cron_job = only_cron_job(world);
  CHECK(text_at(items_at(pod_of(cron_job), "volumes").at(0), "secret",
                "secretName")
        == "other");
}

TEST_CASE("U-3: the next run is told in the schedule's zone, and not while "
          "suspended") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily",
                  "trigger: {schedule: '0 3 * * *', timeZone: Europe/Berlin}");
  stage s{world};
  s.pass(20s);
  CHECK(status_of(world, "nextScheduledMaintenance") == "2026-11-22T02:00:00Z");
  patch_maintenance(world, "app", "daily", R"({"spec":{"suspend":true}})");
  s.pass(20s);
  CHECK(status_of(world, "nextScheduledMaintenance").empty());
}

TEST_CASE("U-8, C-22: what is invalid is told once, and is no success") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "trigger: {schedule: '0 3 * * *'}");
  stage s{world};
  s.pass(20s);
  auto reconciled = status_of(world, "lastReconcileTime");
  REQUIRE_FALSE(reconciled.empty());
  patch_maintenance(world, "app", "daily",
                    R"({"spec":{"trigger":{"schedule":"61 3 * * *"}}})");
  s.pass(20s);
  CHECK_THAT(conditions_of(world, "app", "daily"),
             Catch::Contains("Error=True ValidationFailed"));
  CHECK(status_of(world, "lastReconcileTime") == reconciled);
  world.writes.clear();
  s.pass(30min);
  CHECK(distinct(world.writes) == only_the_lease);
}

TEST_CASE("U-9: a Secret that comes late is noticed at once") {
  simulated_world world;
  add_namespace(world, "app");
  add_maintenance(world, "app", "daily", "trigger: {schedule: '0 3 * * *'}");
  stage s{world};
  s.pass(10min);
  REQUIRE(cron_jobs_of(world, "app").empty());
  add_secret(world, "app", "one");
  s.pass(5s);
  CHECK(cron_jobs_of(world, "app").size() == 1);
}

TEST_CASE("C-21: a KopiaMaintenance's pods get 256Mi and at most 1Gi") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "trigger: {schedule: '0 3 * * *'}");
  stage s{world};
  s.pass(20s);
  auto cron_job = only_cron_job(world);
  CHECK(boost::json::serialize(
            *find(items_at(pod_of(cron_job), "containers").at(0), "resources"))
        == R"({"requests":{"memory":"256Mi"},"limits":{"memory":"1Gi"}})");
}

TEST_CASE("C-18: the old field has one warning for each generation") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily", "schedule: '0 3 * * *'");
  const auto warnings = [&world] {
    std::size_t number = 0;
    auto events = world.call("GET", "/api/v1/namespaces/app/events");
    for (const auto& one : items_at(events, "items"))
      number += text_at(one, "reason") == "DeprecatedField" ? 1 : 0;
    return number;
  };
  {
    stage s{world};
    s.pass(20min);
    CHECK(warnings() == 1);
    patch_maintenance(world, "app", "daily",
                      R"({"spec":{"failedJobsHistoryLimit":2}})");
    s.pass(20s);
    CHECK(warnings() == 2);
  }
  stage again{world};
  again.pass(20s);
  CHECK(warnings() == 2);
}

TEST_CASE("BUG-30: without the definition of KopiaMaintenances it waits for "
          "that one, says so and ends nothing") {
  simulated_world world;
  add_source(world, "app", "one");
  const std::string definitions
      = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  world.call("DELETE", definitions + "/kopiamaintenances.volsync.backube");
  world.run();
  stage s{world};
  s.pass(2min);
  auto told = ask(s, "/readyz");
  CHECK(told->status == 503);
  auto shown = boost::json::parse(told->body);
  CHECK(boost::json::serialize(*find(shown, "waitsFor"))
        == R"(["KopiaMaintenance"])");
  shown = boost::json::parse(ask(s, "/v1/actors")->body);
  for (const auto& one : items_at(shown, "actors")) {
    INFO(text_at(one, "name"));
    CHECK(integer_at(one, "restarts") == 0);
  }
  world.serve_definitions();
  s.pass(2min);
  CHECK(ask(s, "/readyz")->status == 200);
  CHECK(names_of(world.call("GET", home + "cronjobs")).size() == 1);
}

TEST_CASE("BUG-31: each field of a status that the pages name is written") {
  simulated_world world;
  add_source(world, "app", "one", "*/5 * * * *");
  add_repository(world, "web", "two");
  add_maintenance(world, "web", "daily", "trigger: {schedule: '*/5 * * * *'}");
  stage s{world};
  s.pass(20s);
  s.pass(11min);
  auto source = world.call("GET", group + "app/replicationsources/data");
  for (auto field :
       {"lastMaintenance", "nextScheduledMaintenance", "maintenanceCronJob"}) {
    INFO(field);
    CHECK(!text_at(source, "status", "kopia", field).empty());
  }
  CHECK(integer_at(source, "status", "kopia", "maintenanceFailures") == 0);
  auto daily = maintenance(world, "web", "daily");
  for (auto field :
       {"activeCronJob", "lastMaintenanceTime", "lastReconcileTime",
        "nextScheduledMaintenance", "schedule"}) {
    INFO(field);
    CHECK(!text_at(daily, "status", field).empty());
  }
  CHECK(integer_at(daily, "status", "maintenanceFailures") == 0);
  CHECK(integer_at(daily, "status", "observedGeneration") == 1);
}
