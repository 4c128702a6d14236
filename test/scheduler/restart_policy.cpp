#include "scheduler/restart_policy.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <vector>

using namespace holystone::scheduler;
using namespace std::chrono_literals;
using std::chrono::seconds;

TEST_CASE("the delay doubles from 1 s to 64 s and stays there") {
  restart_policy policy;
  steady_instant now{42s};
  std::vector<seconds> delays;
  for (int i = 0; i < 9; ++i) {
    delays.push_back(policy.crashed(now));
    now += delays.back() + 1ms;
  }
  CHECK(delays
        == std::vector<seconds>{1s, 2s, 4s, 8s, 16s, 32s, 64s, 64s, 64s});
  CHECK(policy.crashes() == 9);
}

TEST_CASE("a child that lived ten minutes starts over, one that did not, not") {
  restart_policy policy;
  steady_instant now{0s};
  CHECK(policy.crashed(now) == 1s);
  // Started at 1 s; its life is counted from there.
  CHECK(policy.crashed(now + 1s + 10min - 1ms) == 2s);
  now += 1s + 10min - 1ms + 2s;
  CHECK(policy.crashed(now + 10min) == 1s);
  CHECK(policy.crashes() == 3);
}

TEST_CASE("a crash loop of any rhythm stays between 1 s and 64 s") {
  std::mt19937_64 source{5};
  restart_policy policy;
  steady_instant now{0s};
  for (int i = 0; i < 10'000; ++i) {
    auto delay = policy.crashed(now);
    CHECK((delay >= 1s && delay <= 64s));
    now += delay + std::chrono::milliseconds{source() % 900'000};
  }
}
