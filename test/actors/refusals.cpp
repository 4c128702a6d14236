#include "stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

/// Reason and message of app/data's condition.
std::string told(simulated_world& world) {
  auto source = world.call("GET", "/apis/volsync.backube/v1alpha1/namespaces/"
                                  "app/replicationsources/data");
  for (const auto& one : items_at(source, "status", "conditions"))
    if (text_at(one, "type") == names::source_condition)
      return text_at(one, "reason") + ": " + text_at(one, "message");
  return {};
}

} // namespace

TEST_CASE("a Secret that we may not read keeps its claim waiting and nobody "
          "else") {
  simulated_world world;
  add_claims(world);
  {
    stage s{world};
    s.pass(20s);
  }
  auto is_forbidden = true;
  world.decide = [&](const request& what) {
    return is_forbidden && what.what == verb::get
                   && what.kind == resources::secrets && what.ns == "app"
               ? fate::forbidden
               : fate::done;
  };
  for (auto ns : {"other", "web"})
    world.call("DELETE", fmt::format("/apis/volsync.backube/v1alpha1/"
                                     "namespaces/{}/replicationsources/data",
                                     ns));
  stage s{world};
  s.pass(60s);
  // What is unclaimed goes, what the claim may belong to stays.
  CHECK(names_of(world.call("GET", home + "cronjobs"))
        == std::vector<std::string>{cron_job_name(
            {*s.registry().repositories.place_of(
                {claim_kind::replication_source, {"app", "data"}})},
            maintenance_kind::full)});
  CHECK_THAT(told(world),
             Catch::StartsWith("Waiting: Secret app/kopia cannot be read")
                 && Catch::Contains("get secrets in namespace app"));
  is_forbidden = false;
  s.pass(2min);
  CHECK_THAT(told(world), Catch::StartsWith("Scheduled"));
}

TEST_CASE("what the API server refuses of a claim is told with its field, and "
          "tried ever more seldom") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  auto ask_for = [&](const std::string& memory) {
    world.call("PATCH",
               "/apis/volsync.backube/v1alpha1/namespaces/app/"
               "replicationsources/data",
               R"({"spec":{"kopia":{"maintenanceCronJob":{"resources":{)"
               R"("requests":{"memory":")"
                   + memory + R"("},"limits":{"memory":"1Gi"}}}}}})",
               "application/merge-patch+json");
  };
  ask_for("2Gi");
  s.pass(3s);
  CHECK_THAT(
      told(world),
      Catch::StartsWith("Error: CronJob kopia-maintenance-")
          && Catch::Contains("can't be written as ReplicationSource app/data "
                             "asks: ")
          && Catch::Contains("containers[0].resources.requests: Invalid value: "
                             "\"2Gi\": must be less than or equal to memory "
                             "limit of 1Gi"));
  auto events = boost::json::serialize(
      world.call("GET", "/api/v1/namespaces/app/events"));
  CHECK_THAT(events, Catch::Contains("MaintenanceError")
                         && Catch::Contains("memory limit of 1Gi"));
  world.writes.clear();
  s.pass(9min);
  // Tried again in case that the server's mind has changed, and no more.
  CHECK(std::ranges::count(world.writes, "apply cronjobs") == 1);
  CHECK(std::ranges::count_if(world.writes,
                              [](const std::string& write) {
                                return write != "merge_patch leases";
                              })
        == 1);
  // What is mended is tried at once.
  ask_for("512Mi");
  s.pass(3s);
  CHECK_THAT(told(world), Catch::StartsWith("Scheduled"));
}

TEST_CASE("a new claim whose Secret we may not read is told so") {
  simulated_world world;
  add_source(world, "app", "one");
  world.decide = [](const request& what) {
    return what.what == verb::get && what.kind == resources::secrets
               ? fate::forbidden
               : fate::done;
  };
  stage s{world};
  s.pass(20s);
  CHECK_THAT(told(world), Catch::StartsWith("Waiting: Secret app/kopia"));
  unsigned reads = 0;
  world.decide = [&](const request& what) {
    auto is_it = what.what == verb::get && what.kind == resources::secrets;
    reads += is_it ? 1 : 0;
    return is_it ? fate::forbidden : fate::done;
  };
  s.pass(5min);
  CHECK(reads == 5);
}
