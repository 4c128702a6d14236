#include "stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

/// The sum of a family's samples whose labels hold `part`; nothing when there
/// are none.
std::optional<double> sum(metrics::instruments& meters, const std::string& name,
                          const std::string& part = {}) {
  std::optional<double> total;
  std::istringstream text{meters.expose()};
  for (std::string line; std::getline(text, line);) {
    auto space = line.rfind(' ');
    auto sample = line.substr(0, space);
    auto family = sample.substr(0, sample.find('{'));
    if (family == "volsync_kopia_" + name
        && sample.find(part) != std::string::npos)
      total = total.value_or(0) + std::stod(line.substr(space));
  }
  return total;
}

const std::string created = "maintenance_cronjob_created_total";
const std::string updated = "maintenance_cronjob_updated_total";
const std::string deleted = "maintenance_cronjob_deleted_total";
const std::string failures = "maintenance_cronjob_failures_total";
const std::string runs = "maintenance_operations_total";

} // namespace

TEST_CASE("a repository's story can be read from /metrics") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  auto& meters = s.meters;
  CHECK(sum(meters, "leader") == 1);
  CHECK(sum(meters, created) == 2);
  CHECK(sum(meters, created, "obj_namespace=\"app\"") == 1);
  CHECK(sum(meters, created, "obj_namespace=\"web\"") == std::nullopt);
  CHECK(sum(meters, failures) == 0);
  CHECK(sum(meters, runs) == 0);
  CHECK(sum(meters, "maintenance_last_run_timestamp_seconds") == std::nullopt);
  CHECK(sum(meters, "maintenance_schedule_conflicts", "\"app\"") == 1);
  CHECK(sum(meters, "maintenance_schedule_conflicts", "\"other\"") == 0);
  CHECK(*sum(meters, "maintenance_next_run_timestamp_seconds", "\"app\"")
        == static_cast<double>(
            parse_rfc3339("2026-11-22T02:00:00Z")->time_since_epoch().count()));
  CHECK(sum(meters, "watch_relists_total", "\"secrets\"") == 1);
  CHECK(*sum(meters, "watch_events_total", "\"cronjobs\"") >= 2);
  // Bookmarks are no news.
  CHECK(*sum(meters, "watch_event_seconds_count") >= 2);
  CHECK(*sum(meters, "watch_event_seconds_count")
        <= *sum(meters, "watch_events_total"));

  create_job(world, "first");
  create_job(world, "second");
  s.pass(6s);
  CHECK(sum(meters, "maintenance_running") == 1);
  CHECK(sum(meters, "maintenance_queue_length") == 1);
  s.pass(3min);
  REQUIRE(completed(world) == 2);
  CHECK(sum(meters, runs, "maintenance_type=\"full\"") == 2);
  CHECK(sum(meters, "maintenance_duration_seconds_count") == 2);
  CHECK(*sum(meters, "maintenance_duration_seconds_sum") > 0);
  CHECK(sum(meters, "maintenance_queue_wait_seconds_count") == 2);
  CHECK(sum(meters, "maintenance_running") == 0);
  CHECK(sum(meters, "maintenance_queue_length") == 0);
  auto last = sum(meters, "maintenance_last_run_timestamp_seconds");
  REQUIRE(last);
  auto age = static_cast<double>(world.now.time_since_epoch().count()) - *last;
  CHECK((age >= 0 && age < 240));

  world.call("DELETE", "/apis/volsync.backube/v1alpha1/namespaces/app/"
                       "replicationsources/data");
  s.pass(20s);
  meters.expose();
  CHECK(sum(meters, created, "obj_namespace=\"app\"") == std::nullopt);
  // The heir's first update is the one that made it the heir.
  CHECK(sum(meters, updated, "obj_namespace=\"web\"") == 1);
  CHECK(sum(meters, created, "obj_namespace=\"web\"") == 0);
  CHECK(sum(meters, "maintenance_last_run_timestamp_seconds") == last);

  for (auto ns : {"web", "other"})
    world.call("DELETE", fmt::format("/apis/volsync.backube/v1alpha1/"
                                     "namespaces/{}/replicationsources/data",
                                     ns));
  s.pass(60s);
  CHECK(sum(meters, deleted) == 2);
  CHECK(meters.expose().find("repository_hash") == std::string::npos);
}

TEST_CASE("an answer that is lost makes no count wrong") {
  for (unsigned k = 1; k <= 40; ++k) {
    simulated_world world;
    add_source(world, "app", "one");
    unsigned calls = 0;
    world.decide = [&](const request& what) {
      return what.what != verb::get && what.what != verb::list && ++calls == k
                 ? fate::reply_lost
                 : fate::done;
    };
    stage s{world};
    s.pass(20s);
    create_job(world, "run");
    s.pass(3min);
    REQUIRE(completed(world) == 1);
    INFO("write " << k);
    CHECK(sum(s.meters, created) == 1);
    CHECK(sum(s.meters, runs) == 1);
    CHECK(sum(s.meters, "maintenance_queue_wait_seconds_count") == 1);
  }
}

TEST_CASE("who does not lead shows no repository") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  CHECK(sum(s.meters, created) == 1);
  caf::anon_send(s.inside().registry, lead_atom::value, false);
  s.settle();
  s.meters.expose();
  CHECK(sum(s.meters, created) == std::nullopt);
}

TEST_CASE("restarts are counted by role and series survive them") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  stage::crash(caf::actor_cast<caf::actor>(
      s.registry().repositories.all().rbegin()->second.actor));
  s.pass(10s);
  s.kill("watcher/Job");
  s.pass(20s);
  CHECK(sum(s.meters, "actor_restarts_total", "\"repository\"") == 1);
  CHECK(sum(s.meters, "actor_restarts_total", "\"watcher/Job\"") == 1);
  CHECK(sum(s.meters, created) == 1);
}

TEST_CASE("a repository that goes while the core is down leaves no series") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  s.kill("registry");
  world.call("DELETE", "/apis/volsync.backube/v1alpha1/namespaces/app/"
                       "replicationsources/data");
  s.pass(60s);
  s.meters.expose();
  CHECK(s.meters.expose().find("repository_hash") == std::string::npos);
}

TEST_CASE("what can't be read is counted under its kind") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  const std::string skipped = "watch_skipped_objects_total";
  const std::string sources = "\"replicationsources\"";
  CHECK(sum(s.meters, skipped, sources) == 0);
  CHECK(sum(s.meters, skipped) == 0);
  const std::string deep(200, '[');
  const std::string end(200, ']');
  world.install("apiVersion: volsync.backube/v1alpha1\n"
                "kind: ReplicationSource\n"
                "metadata: {name: deep, namespace: app}\n"
                "spec: {rsync: {x: "
                + deep + end + "}}\n");
  s.pass(5s);
  CHECK(sum(s.meters, skipped, sources) == 1);
}
