#include "actors/turns.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace holystone;

namespace {

/// Tells who was let in.
struct noted {
  int who;
  std::vector<int>* in;
  void deliver(bool) {
    in->push_back(who);
  }
};

} // namespace

TEST_CASE("actors: one list is read at a time, in the order in which they came",
          "[actors]") {
  std::vector<int> in;
  actors::turns<noted> lists;
  for (auto who = 1; who <= 3; ++who)
    lists.ask({who, &in});
  REQUIRE(in == std::vector{1});
  lists.finish();
  REQUIRE(in == std::vector{1, 2});

  SECTION("who asks later waits behind") {
    lists.ask({4, &in});
    lists.finish();
    REQUIRE(in == std::vector{1, 2, 3});
    lists.finish();
    REQUIRE(in == std::vector{1, 2, 3, 4});
  }
  SECTION("who asks when nobody waits has it at once") {
    lists.finish();
    lists.finish();
    lists.ask({4, &in});
    REQUIRE(in == std::vector{1, 2, 3, 4});
  }
}
