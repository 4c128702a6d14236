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
