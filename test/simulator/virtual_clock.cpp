#include "simulator/virtual_clock.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::simulator;
using namespace std::chrono_literals;

namespace {

const instant start{1'700'000'000s};
const virtual_clock::steady::time_point real{5000s};

} // namespace

TEST_CASE("a virtual clock runs at its pace in whole seconds") {
  virtual_clock clock{start, 60, real};
  CHECK(clock.now(real) == start);
  CHECK(clock.now(real + 500ms) == start + 30s);
  CHECK(clock.now(real + 10s) == start + 600s);
  virtual_clock slow{start, 1, real};
  CHECK(slow.now(real + 999ms) == start);
  CHECK(slow.now(real + 1000ms) == start + 1s);
}

TEST_CASE("a stopped clock moves by jumps only and never back") {
  virtual_clock clock{start, 0, real};
  CHECK(clock.now(real + 100h) == start);
  clock.advance(3600s);
  CHECK(clock.now(real + 100h) == start + 3600s);
  clock.advance(-7200s);
  CHECK(clock.now(real + 100h) == start + 3600s);
}

TEST_CASE("a new pace counts from its own beginning") {
  virtual_clock clock{start, 1, real};
  clock.set_scale(100, real + 10s);
  CHECK(clock.now(real + 10s) == start + 10s);
  CHECK(clock.now(real + 11s) == start + 110s);
  clock.set_scale(0, real + 11s);
  CHECK(clock.now(real + 99s) == start + 110s);
  CHECK(clock.scale() == 0);
}
