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
    if (text_at(one, "type") == names::ready_condition)
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
            {s.registry().at.begin()->second}, maintenance_kind::full)});
  CHECK_THAT(told(world),
             Catch::StartsWith("Waiting: Secret app/kopia cannot be read")
                 && Catch::Contains("get secrets in namespace app"));
  is_forbidden = false;
  s.pass(2min);
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
