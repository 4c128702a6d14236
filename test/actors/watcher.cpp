#include "stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

TEST_CASE("a watcher reads its list when the one before it has read its own") {
  simulated_world world;
  stage s{world};
  s.pass(20s);
  auto registry = s.inside().registry;
  caf::scoped_actor first{s.system};
  caf::scoped_actor second{s.system};
  auto turn = [&](caf::scoped_actor& whose) {
    return whose->request(registry, caf::infinite, turn_atom::value);
  };
  auto one = turn(first);
  auto two = turn(second);
  s.settle();
  one.receive([](bool) {}, [](const caf::error&) { FAIL("no turn"); });
  CHECK(second->mailbox().empty());
  first->send(registry, finish_atom::value);
  s.settle();
  REQUIRE_FALSE(second->mailbox().empty());
  two.receive([](bool) {}, [](const caf::error&) { FAIL("no turn"); });
}
