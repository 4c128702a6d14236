#include "scheduler/other_installs.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

steady_instant at(std::chrono::milliseconds since) {
  return steady_instant{since};
}

lease_record held(std::string renewed, std::string holder = "volsync-1") {
  return {std::move(holder), 15s, "t0", std::move(renewed), 1, {"7"}};
}

} // namespace

TEST_CASE("A-11: who is alone looks once and says nothing") {
  other_installs others;
  others.see({}, at(0s));
  others.see_repositories({});
  CHECK(others.notices(at(0s)).empty());
  CHECK_FALSE(others.look_again(at(0s)));
}

TEST_CASE("A-11: a leader elsewhere is told when its Lease was renewed before "
          "our eyes") {
  other_installs others;
  others.see({{"two", held("r0")}}, at(0s));
  CHECK(others.notices(at(0s)).empty());
  REQUIRE(others.look_again(at(0s)) == at(15s));
  others.see({{"two", held("r1")}}, at(15s));
  auto told = others.notices(at(15s));
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], Contains("namespace two (volsync-1)"));
  CHECK_THAT(told[0], Contains("holystone release --all --namespace two"));
  // It is looked at on and on, until it is gone.
  auto next = others.look_again(at(15s));
  REQUIRE(next);
  CHECK(*next > at(15s) + 137s);
  others.see({}, *next);
  CHECK(others.notices(*next).empty());
  CHECK_FALSE(others.look_again(*next));
}

TEST_CASE("A-11: a Lease that nobody renews is nobody's") {
  other_installs others;
  others.see({{"two", held("2099-01-01T00:00:00Z")}}, at(0s));
  others.see({{"two", held("2099-01-01T00:00:00Z")}}, at(15s));
  CHECK(others.notices(at(15s)).empty());
  CHECK_FALSE(others.look_again(at(15s)));
  others.see({{"two", held("r0", "")}}, at(20s));
  CHECK_FALSE(others.look_again(at(20s)));
}

TEST_CASE("A-11: what an operator left behind is told once for a namespace") {
  other_installs others;
  others.see_repositories({{"old", 3}, {"two", 2}});
  others.see({{"two", held("r0")}}, at(0s));
  auto told = others.notices(at(0s));
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], Contains("namespace old, as many as 3"));
  others.see({{"two", held("r1")}}, at(15s));
  CHECK(others.notices(at(15s)).size() == 2);
}
