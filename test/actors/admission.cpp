#include "stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

bool is_suspended(simulated_world& world, const std::string& job) {
  return flag_at(world.call("GET", home + "jobs/" + job), "spec", "suspend")
      .value_or(false);
}

/// The pod of a backup by the fork's mover, which no node takes.
void add_backup(simulated_world& world) {
  world.install(R"(
apiVersion: v1
kind: Pod
metadata:
  name: backup
  namespace: app
  labels: {batch.kubernetes.io/job-name: volsync-src-data}
spec:
  nodeSelector: {no-such: node}
  containers: [{name: kopia, image: kopia}]
)");
}

std::string events_in(simulated_world& world, const std::string& ns) {
  std::string text;
  auto events = world.call("GET", "/api/v1/namespaces/" + ns + "/events");
  for (const auto& item : items_at(events, "items"))
    text += text_at(item, "message") + "\n";
  return text;
}

} // namespace

TEST_CASE("A-3, A-8: no run while a backup of the claimant runs, which only an "
          "uncached look can tell") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  add_backup(world);
  create_job(world, "run");
  s.pass(60s);
  CHECK(is_suspended(world, "run"));
  world.call("DELETE", "/api/v1/namespaces/app/pods/backup");
  s.pass(3min);
  CHECK(completed(world) == 1);
}

TEST_CASE("a Job that waits behind another says so in its own Events") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  create_job(world, "first");
  s.pass(5s);
  auto location = text_at(world.call("GET", home + "jobs/first"), "metadata",
                          "labels", names::location_hash);
  CHECK_THAT(events_in(world, "volsync-system"),
             !Catch::Contains("Waits for its turn"));
  world.runs_take(location, 90s);
  s.pass(1min);
  create_job(world, "second");
  s.pass(5s);
  create_job(world, "third");
  s.pass(3s);
  CHECK_THAT(events_in(world, "volsync-system"),
             !Catch::Contains("Waits for its turn"));
  s.pass(30s);
  auto events = world.call("GET", "/api/v1/namespaces/volsync-system/events");
  std::vector<std::string> told;
  for (const auto& item : items_at(events, "items"))
    if (text_at(item, "reason") == "Waiting")
      told.push_back(text_at(item, "involvedObject", "name") + ": "
                     + text_at(item, "message"));
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], Catch::StartsWith("third: Waits for its turn: Job "
                                        "volsync-system/second runs."));
  s.pass(5min);
  CHECK(completed(world) == 3);
}

TEST_CASE("A-10: a Job resumed by hand is suspended, its owner is told, and it "
          "has its turn") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  create_job(world, "first");
  s.pass(5s);
  create_job(world, "second");
  world.call("PATCH", home + "jobs/second", R"({"spec":{"suspend":false}})",
             "application/merge-patch+json");
  s.pass(2s);
  CHECK(is_suspended(world, "second"));
  CHECK_FALSE(is_suspended(world, "first"));
  CHECK_THAT(events_in(world, "app"),
             Catch::Contains("volsync-system/second ran without its"));
  s.pass(3min);
  CHECK(completed(world) == 2);
}

TEST_CASE("A-10: before Kubernetes 1.36 a Job that had run without the ticket "
          "is made anew and runs once") {
  simulated_world world{35};
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  create_job(world, "first");
  s.pass(5s);
  create_job(world, "second");
  auto second = world.call("GET", home + "jobs/second");
  world.call("PATCH", home + "jobs/second", R"({"spec":{"suspend":false}})",
             "application/merge-patch+json");
  s.pass(2s);
  REQUIRE(is_suspended(world, "second"));
  // The server would not take the ticket any more.
  auto refused = world.call(
      "PATCH", home + "jobs/second",
      R"({"spec":{"template":{"metadata":{"annotations":{"a":"b"}}}}})",
      "application/merge-patch+json");
  CHECK(text_at(refused, "message").find("spec.template: Invalid value")
        != std::string::npos);
  CHECK(text_at(refused, "message").find("field is immutable")
        != std::string::npos);
  s.pass(3min);
  CHECK(completed(world) == 2);
  auto location = text_at(second, "metadata", "labels", names::location_hash);
  CHECK(world.runs_of(location) == 2);
  CHECK(text_at(world.call("GET", home + "jobs/second"), "kind") == "Status");
}

TEST_CASE("A-13: slots that pass while a run lasts are not made up for") {
  simulated_world world;
  add_source(world, "app", "one", "0/5 * * * *");
  stage s{world};
  s.pass(20s);
  auto hash = s.registry().repositories.all().rbegin()->first.open();
  world.runs_take(hash, 6min);
  s.pass(31min);
  // One run each ten minutes: the slot in its middle is nobody's.
  CHECK(world.runs_of(hash) == 3);
}

TEST_CASE("A-15: a Secret moved to another location ends no run of the old") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  create_job(world, "run");
  s.pass(5s);
  world.call("PATCH", "/api/v1/namespaces/app/secrets/kopia",
             R"({"stringData":{"KOPIA_REPOSITORY":"s3://two"}})",
             "application/merge-patch+json");
  s.pass(5s);
  CHECK(names_of(world.call("GET", home + "cronjobs")).size() == 2);
  CHECK_FALSE(is_suspended(world, "run"));
  s.pass(3min);
  CHECK(names_of(world.call("GET", home + "cronjobs")).size() == 1);
}

TEST_CASE("a repository that goes does not disturb the run of another") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(10s);
  create_job(world, "run");
  add_source(world, "other", "two");
  s.pass(5s);
  REQUIRE_FALSE(is_suspended(world, "run"));
  world.call("DELETE", "/apis/volsync.backube/v1alpha1/namespaces/other/"
                       "replicationsources/data");
  s.pass(5s);
  CHECK_FALSE(is_suspended(world, "run"));
  CHECK(names_of(world.call("GET", home + "cronjobs")).size() == 1);
  s.pass(3min);
  CHECK(completed(world) == 1);
}
