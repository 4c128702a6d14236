#include "stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const std::string sources
    = "/apis/volsync.backube/v1alpha1/namespaces/{}/replicationsources/data";

std::string condition(simulated_world& world, const std::string& ns,
                      std::string_view type, std::string_view field) {
  auto source = world.call("GET", fmt::format(fmt::runtime(sources), ns));
  for (const auto& one : items_at(source, "status", "conditions"))
    if (text_at(one, "type") == type)
      return text_at(one, field);
  return {};
}

/// Reasons of the Events in a namespace.
std::multiset<std::string> events(simulated_world& world,
                                  const std::string& ns) {
  std::multiset<std::string> reasons;
  auto list = world.call("GET", "/api/v1/namespaces/" + ns + "/events");
  for (const auto& one : items_at(list, "items"))
    reasons.insert(text_at(one, "reason"));
  return reasons;
}

/// Hash of the one repository that `ns` claims, by its CronJob.
std::string hash_of(simulated_world& world, const std::string& ns) {
  auto list = world.call("GET", home + "cronjobs");
  for (const auto& one : items_at(list, "items"))
    if (text_at(one, "metadata", "annotations", names::winner)
        == "ReplicationSource " + ns + "/data")
      return text_at(one, "metadata", "labels", names::location_hash);
  return {};
}

/// `kubectl create job --from` the CronJob of `hash`.
void run_by_hand(simulated_world& world, const std::string& hash,
                 const std::string& name) {
  auto from = world.call("GET", home + "cronjobs/kopia-maintenance-" + hash);
  auto job = find(from, "spec", "jobTemplate")->as_object();
  job["apiVersion"] = "batch/v1";
  job["kind"] = "Job";
  job["metadata"].as_object()["name"] = name;
  world.call("POST", home + "jobs", boost::json::serialize(job));
}

} // namespace

TEST_CASE("A-11: runs of another cluster become a condition and an Event, and "
          "go when a run finds none") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(10s);
  auto hash = hash_of(world, "app");
  run_by_hand(world, hash, "first");
  s.pass(2min);
  REQUIRE(completed(world) == 1);
  CHECK(condition(world, "app", "ForeignMaintenance", "status").empty());
  s.pass(1min);
  world.repository(hash).earlier
      = {{"snapshot-gc", world.now - 30s, world.now - 20s, true}};
  run_by_hand(world, hash, "second");
  s.pass(2min);
  REQUIRE(completed(world) == 2);
  CHECK(condition(world, "app", "ForeignMaintenance", "status") == "True");
  CHECK(events(world, "app").count("ForeignMaintenance") == 1);
  CHECK(condition(world, "app", "MaintenanceReady", "status") == "True");
  run_by_hand(world, hash, "third");
  s.pass(2min);
  REQUIRE(completed(world) == 3);
  CHECK(condition(world, "app", "ForeignMaintenance", "status").empty());
}

TEST_CASE("A-21: two locations of one repository share the lock, and the "
          "younger is standby until the elder goes") {
  simulated_world world;
  add_source(world, "app", "one");
  world.now += 2s;
  add_source(world, "web", "two");
  stage s{world};
  s.pass(10s);
  auto one = hash_of(world, "app");
  auto two = hash_of(world, "web");
  REQUIRE(one != two);
  world.repository(one).unique_id = world.repository(two).unique_id = "same";
  run_by_hand(world, one, "first");
  run_by_hand(world, two, "other");
  s.pass(3min);
  REQUIRE(completed(world) == 2);
  CHECK(condition(world, "web", "MaintenanceReady", "message").find("Standby")
        == 0);
  CHECK_THAT(condition(world, "web", "SharedRepository", "message"),
             Catch::Contains(one) && Catch::Contains("same"));
  CHECK_THAT(condition(world, "app", "SharedRepository", "message"),
             Catch::Contains(two));
  CHECK(events(world, "app").count("SharedRepository") == 1);
  CHECK(events(world, "web").count("SharedRepository") == 1);
  // Never merged.
  CHECK(items_at(world.call("GET", home + "cronjobs"), "items").size() == 2);
  // Made by hand, both run, but never at once.
  auto before = world.repository(one).runs;
  world.repository(one).duration = world.repository(two).duration = 60s;
  run_by_hand(world, one, "a");
  run_by_hand(world, two, "b");
  std::size_t most = 0;
  for (int i = 0; i < 240; ++i) {
    s.pass(1s);
    std::size_t running = 0;
    auto pods = world.call("GET", "/api/v1/namespaces/volsync-system/pods");
    for (const auto& pod : items_at(pods, "items"))
      running += text_at(pod, "status", "phase") == "Running" ? 1 : 0;
    most = std::max(most, running);
  }
  CHECK(most == 1);
  CHECK(world.repository(one).runs == before + 1);
  CHECK(completed(world) == 4);
  // The scheduled slots are the elder's alone.
  auto runs = world.repository(two).runs;
  world.now += 14h;
  s.pass(10min);
  CHECK(world.repository(two).runs == runs);
  CHECK(world.repository(one).runs == before + 2);
  world.call("DELETE", fmt::format(fmt::runtime(sources), "app"));
  s.pass(1min);
  CHECK(condition(world, "web", "SharedRepository", "status").empty());
  CHECK(condition(world, "web", "MaintenanceReady", "reason") == "Scheduled");
}

TEST_CASE("A-21: one location with two ids stops with an error until somebody "
          "accepts the new one") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(10s);
  auto hash = hash_of(world, "app");
  world.repository(hash).unique_id = "first-id";
  run_by_hand(world, hash, "first");
  s.pass(2min);
  world.repository(hash).unique_id = "second-id";
  run_by_hand(world, hash, "second");
  s.pass(2min);
  REQUIRE(completed(world) == 2);
  CHECK(condition(world, "app", "MaintenanceReady", "reason") == "Error");
  CHECK_THAT(condition(world, "app", "MaintenanceReady", "message"),
             Catch::Contains("first-id") && Catch::Contains("second-id"));
  run_by_hand(world, hash, "third");
  s.pass(2min);
  CHECK(completed(world) == 2);
  // As the message says.
  world.call("PATCH",
             "/apis/coordination.k8s.io/v1/namespaces/volsync-system/leases/"
             "kopia-repository-"
                 + hash,
             R"({"metadata":{"annotations":{
               "volsync.backube/repository-unique-id":null,
               "volsync.backube/repository-other-id":null}}})",
             "application/merge-patch+json");
  s.pass(2min);
  CHECK(completed(world) == 3);
  CHECK(condition(world, "app", "MaintenanceReady", "reason") == "Scheduled");
}
