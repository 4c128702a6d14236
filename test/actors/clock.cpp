#include "stage.hpp"

#include <catch2/catch.hpp>

// What time alone makes the operator do.

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

/// Lets time pass second by second; says how many timers rang.
std::size_t rung(stage& s, seconds time) {
  std::size_t all = 0;
  for (auto left = time; left > 0s; left -= 1s) {
    s.world.now += 1s;
    all += s.sched().advance_time(1s);
    s.settle();
  }
  return all;
}

/// An operator that has settled with one claim.
struct settled {
  simulated_world world;
  stage s{world};

  settled() {
    add_source(world, "app", "one");
    s.pass(20s);
  }
};

/// The only claim asks for more than its limit: what the server refuses so is
/// tried again after 5 min.
void be_refused(stage& s) {
  s.world.call("PATCH",
               "/apis/volsync.backube/v1alpha1/namespaces/app/"
               "replicationsources/data",
               R"({"spec":{"kopia":{"maintenanceCronJob":{"resources":{)"
               R"("requests":{"memory":"2Gi"},"limits":{"memory":"1Gi"}}}}}})",
               "application/merge-patch+json");
  s.pass(5s);
  s.world.writes.clear();
}

std::ptrdiff_t tries(const stage& s) {
  return std::ranges::count(s.world.writes, "apply cronjobs");
}

} // namespace

TEST_CASE("an idle operator wakes for its Lease and once a minute, however "
          "many repositories there are") {
  simulated_world world;
  for (int i = 0; i < 10; ++i)
    add_source(world, fmt::format("app-{}", i), fmt::format("bucket-{}", i));
  stage s{world};
  s.pass(2min);
  world.writes.clear();
  CHECK(rung(s, 1h) <= 3600 / 2 + 60 + 1);
  CHECK(std::ranges::count(world.writes, "merge_patch leases")
        == std::ssize(world.writes));
}

TEST_CASE("when the clock jumps ahead, what is due is done within a minute") {
  settled one;
  auto& [world, s] = one;
  be_refused(s);
  CHECK(rung(s, 1min) > 0);
  CHECK(tries(s) == 0);
  world.now += 1h;
  rung(s, 61s);
  CHECK(tries(s) == 1);
}

TEST_CASE("when the clock jumps back, an actor that fell is started again all "
          "the same") {
  settled one;
  auto& [world, s] = one;
  stage::crash(caf::actor_cast<caf::actor>(
      s.registry().repositories.all().begin()->second.actor));
  s.settle();
  world.now -= 1h;
  rung(s, 61s);
  CHECK(s.registry().repositories.all().begin()->second.actor);
}

TEST_CASE("when the clock jumps back, nothing spins, and what was refused is "
          "tried again as often as ever") {
  settled one;
  auto& [world, s] = one;
  be_refused(s);
  world.now -= 1h;
  CHECK(rung(s, 10min) <= 600 / 2 + 10 + 1);
  // Every five minutes, and not only when the old time has come again.
  CHECK(tries(s) == 2);
  rung(s, 55min);
  CHECK(tries(s) == 13);
}
