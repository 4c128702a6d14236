#include "stage.hpp"

#include <catch2/catch.hpp>

// The rules of the Kubernetes field that bind the operator as a whole; those of
// the client alone are in test/k8s_io.

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const std::string source_of_app
    = "/apis/volsync.backube/v1alpha1/namespaces/app/replicationsources/data";

const std::string operator_lease
    = "/apis/coordination.k8s.io/v1/namespaces/volsync-system/leases/"
      "holystone-leader";

void merge(simulated_world& world, const std::string& target,
           const std::string& patch) {
  world.call("PATCH", target, patch, "application/merge-patch+json");
}

std::ptrdiff_t count(const std::vector<std::string>& writes,
                     const std::string& what) {
  return std::ranges::count(writes, what);
}

} // namespace

TEST_CASE("R-26: of edits that come together one is under way, one waits") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  world.writes.clear();
  for (int minute = 1; minute <= 50; ++minute)
    merge(world, source_of_app,
          fmt::format(R"({{"spec":{{"kopia":{{"maintenanceCronJob":
            {{"schedule":"{} 2 * * *"}}}}}}}})",
                      minute));
  s.pass(20s);
  CHECK_THAT(picture(world), Catch::Contains("50 2 * * *"));
  CHECK(count(world.writes, "apply cronjobs") <= 2);
}

TEST_CASE("R-30: a condition that flaps does not flood its object") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  world.writes.clear();
  const std::string secret = "/api/v1/namespaces/app/secrets/kopia";
  auto set = [&](const std::string& value) {
    merge(
        world, secret,
        fmt::format(R"({{"stringData":{{"KOPIA_REPOSITORY":"{}"}}}})", value));
    s.pass(4s);
  };
  for (int i = 0; i < 40; ++i) {
    set("nonsense");
    set("s3://one");
  }
  auto told = count(world.writes, "create events");
  // The burst, and what 320 s earned.
  CHECK(told >= 25);
  CHECK(told <= 27);
}

TEST_CASE("R-31: what changes nothing for us is answered by no write") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  world.writes.clear();
  for (int i = 0; i < 20; ++i) {
    merge(world, source_of_app,
          fmt::format(R"({{"metadata":{{"annotations":{{"by":"{}"}}}}}})", i));
    s.pass(1s);
  }
  CHECK(distinct(world.writes) == only_the_lease);
}

TEST_CASE("R-36: a follower is warm and decides at once when it leads") {
  simulated_world world;
  auto hold = [&](int renewal) {
    merge(world, operator_lease,
          fmt::format(R"({{"spec":{{"holderIdentity":"other",
            "leaseDurationSeconds":15,
            "renewTime":"2026-11-21T12:00:00.{:06}Z"}}}})",
                      renewal));
  };
  world.install(R"(
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: holystone-leader, namespace: volsync-system}
spec: {holderIdentity: other, leaseDurationSeconds: 15}
)");
  add_claims(world);
  stage s{world};
  for (int n = 1; n <= 12; ++n) {
    hold(n);
    s.pass(5s);
  }
  CHECK(world.writes.empty());
  // The other falls silent.
  std::vector<std::string> reads;
  std::optional<instant> led;
  std::optional<instant> decided;
  world.decide = [&](const request& what) {
    // A Secret is read for its copy; that is no news but bytes.
    auto for_copy = what.what == verb::get && what.kind.plural == "secrets";
    auto is_read = what.what == verb::get || what.what == verb::list;
    if (is_read && !for_copy && what.name != "holystone-leader")
      reads.push_back(
          fmt::format("{} {}/{}", what.kind.plural, what.ns, what.name));
    return fate::done;
  };
  for (int n = 0; n < 60 && !decided; ++n) {
    s.pass(1s);
    if (!led && count(world.writes, "merge_patch leases") > 0)
      led = world.now;
    if (count(world.writes, "apply cronjobs") > 0)
      decided = world.now;
  }
  REQUIRE(led);
  REQUIRE(decided);
  CHECK(*decided - *led <= 1s);
  CHECK(reads == std::vector<std::string>{});
}
