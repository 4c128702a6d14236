#include "actors/alarms.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_rfc3339("2026-11-21T12:00:00Z");
using hashes = std::vector<std::string>;

} // namespace

TEST_CASE("each repository is called once, when it said last") {
  alarms all;
  CHECK_FALSE(all.next());
  all.set("one", noon + 5s, noon);
  all.set("two", noon + 3s, noon);
  all.set("one", noon + 1s, noon);
  all.set("two", noon + 9s, noon);
  CHECK(all.next() == noon + 1s);
  CHECK(all.take_due(noon).empty());
  CHECK(all.take_due(noon + 5s) == hashes{"one"});
  CHECK(all.take_due(noon + 5s).empty());
  CHECK(all.next() == noon + 9s);
  CHECK(all.take_due(noon + 9s) == hashes{"two"});
  CHECK_FALSE(all.next());
}

TEST_CASE("after a jump of the clock all that are due are called, first things "
          "first") {
  alarms all;
  all.set("one", noon + 2h, noon);
  all.set("two", noon + 1h, noon);
  all.set("three", noon + 3h, noon);
  CHECK(all.take_due(noon + 2h) == hashes{"two", "one"});
  CHECK(all.next() == noon + 3h);
}

TEST_CASE("after a jump back everybody is called, as what they said may have "
          "come from a wrong clock") {
  alarms all;
  all.set("one", noon + 2h, noon);
  all.set("two", noon + 1s, noon);
  CHECK(all.take_due(noon - 1h) == hashes{"two", "one"});
  all.set("one", noon - 30min, noon - 1h);
  CHECK(all.take_due(noon - 1h).empty());
  CHECK(all.take_due(noon - 30min) == hashes{"one"});
}

TEST_CASE("a repository that is gone is not called") {
  alarms all;
  all.set("one", noon, noon);
  all.set("two", noon, noon);
  all.erase("one");
  all.erase("three");
  CHECK(all.take_due(noon) == hashes{"two"});
}
