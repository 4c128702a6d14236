#include "stage.hpp"

#include <catch2/catch.hpp>

// What users are told on their own objects: statuses, conditions and Events.

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const std::string source_of_app
    = "/apis/volsync.backube/v1alpha1/namespaces/app/replicationsources/data";

void merge(simulated_world& world, const std::string& target,
           const std::string& patch) {
  world.call("PATCH", target, patch, "application/merge-patch+json");
}

/// The Events with this reason, as `Kind namespace/name`.
std::vector<std::string> events(simulated_world& world,
                                std::string_view reason) {
  std::vector<std::string> found;
  auto all = world.call("GET", "/api/v1/events");
  for (const auto& item : items_at(all, "items"))
    if (text_at(item, "reason") == reason)
      found.push_back(text_at(item, "involvedObject", "kind") + " "
                      + text_at(item, "involvedObject", "namespace") + "/"
                      + text_at(item, "involvedObject", "name"));
  std::ranges::sort(found);
  return found;
}

} // namespace

TEST_CASE("a Job that a user resumes is suspended again, and both the Job and "
          "the winner say so") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(10s);
  create_job(world, "first");
  create_job(world, "second");
  s.pass(3s);
  CHECK(events(world, "JobSuspended").empty());
  merge(world, home + "jobs/second", R"({"spec":{"suspend":false}})");
  s.pass(1s);
  CHECK(events(world, "JobSuspended")
        == std::vector<std::string>{"Job volsync-system/second",
                                    "ReplicationSource app/data"});
  // Its turn comes all the same.
  s.pass(5min);
  CHECK(completed(world) == 2);
}

TEST_CASE("where another controller overwrites the status, each run is worth "
          "one write") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  auto live = [&](int seconds) {
    for (int i = 0; i < seconds; ++i) {
      s.pass(1s);
      auto source = world.call("GET", source_of_app);
      if (find(source, "status", "kopia"))
        merge(world, source_of_app + "/status", R"({"status":{"kopia":null}})");
    }
    return std::ranges::count(std::exchange(world.writes, {}),
                              "apply replicationsources/status");
  };
  // The first status, the one with the CronJob, one repair.
  auto first = live(300);
  CHECK(first >= 2);
  CHECK(first <= 3);
  CHECK(live(600) == 0);
  for (auto name : {"first", "second", "third"}) {
    create_job(world, name);
    CHECK(live(300) == 1);
  }
  CHECK(completed(world) == 3);
}

TEST_CASE("a status that somebody damages once is repaired") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  auto status = [&] {
    return boost::json::serialize(
        *find(world.call("GET", source_of_app), "status", "kopia"));
  };
  auto before = status();
  merge(world, source_of_app + "/status",
        R"({"status":{"kopia":{"maintenanceFailures":77}}})");
  s.pass(5s);
  CHECK(status() == before);
}

TEST_CASE("a claim waits for its CA, by name, and a change of it reaches the "
          "copy at once") {
  simulated_world world;
  add_source(world, "app", "one");
  merge(world, source_of_app,
        R"({"spec":{"kopia":{"customCA":{"configMapName":"our-ca",
            "key":"ca.pem"}}}})");
  stage s{world};
  s.pass(10s);
  CHECK_THAT(picture(world), Catch::Contains("app MaintenanceReady False "
                                             "Waiting"));
  CHECK(events(world, "MaintenanceWaiting").size() == 1);
  const std::string maps = "/api/v1/namespaces/app/configmaps";
  world.call("POST", maps,
             R"({"apiVersion":"v1","kind":"ConfigMap",
                 "metadata":{"name":"our-ca"},"data":{"ca.pem":"first"}})");
  s.pass(5s);
  CHECK_THAT(picture(world),
             Catch::Contains("app MaintenanceReady True Scheduled"));
  auto ca = [&] {
    return text_at(world.call("GET", "/api/v1/namespaces/volsync-system/"
                                     "secrets/maintenance-app-our-ca"),
                   "data", "ca.crt");
  };
  CHECK(ca() == "Zmlyc3Q=");
  merge(world, maps + "/our-ca", R"({"data":{"ca.pem":"second"}})");
  s.pass(3s);
  CHECK(ca() == "c2Vjb25k");
  merge(world, source_of_app, R"({"spec":{"kopia":{"customCA":null}}})");
  s.pass(5s);
  CHECK(ca().empty());
}

TEST_CASE("the pods' ServiceAccount is repaired, but not fought over") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  const std::string account = "/api/v1/namespaces/volsync-system/"
                              "serviceaccounts/volsync-kopia-maintenance";
  auto mounts = [&] {
    return flag_at(world.call("GET", account), "automountServiceAccountToken");
  };
  CHECK(mounts() == false);
  merge(world, account, R"({"automountServiceAccountToken":true})");
  s.pass(3s);
  CHECK(mounts() == false);
  merge(
      world, account,
      R"({"metadata":{"labels":{"volsync.backube/kopia-maintenance":null}}})");
  s.pass(12s);
  CHECK(text_at(world.call("GET", account), "metadata", "labels",
                names::kopia_maintenance)
        == "true");
  world.writes.clear();
  for (int i = 0; i < 60; ++i) {
    merge(world, account, R"({"automountServiceAccountToken":true})");
    s.pass(1s);
  }
  auto answers = std::ranges::count(world.writes, "apply serviceaccounts");
  CHECK(answers >= 5);
  CHECK(answers <= 7);
}

TEST_CASE("A-4: a Job made anew is counted by the CronJob's history limits") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(10s);
  create_job(world, "first");
  s.pass(4s);
  // Waits, and meanwhile another claim changes the template.
  create_job(world, "second");
  add_source(world, "web", "one");
  s.pass(5min);
  auto jobs = world.call("GET", home + "jobs");
  auto is_replaced = false;
  for (const auto& item : items_at(jobs, "items")) {
    REQUIRE(items_at(item, "metadata", "ownerReferences").size() == 1);
    is_replaced |= text_at(item, "metadata", "name").starts_with("second-");
  }
  CHECK(is_replaced);
  CHECK(completed(world) == 2);
}
