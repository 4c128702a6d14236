#include "k8s_io/known_objects.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <malloc.h>

#include <cstdlib>
#include <map>

using namespace holystone;
using namespace holystone::k8s_io;

namespace {

object_identity object(std::string name, std::string uid,
                       std::string ns = "ns") {
  return {{std::move(ns), std::move(name)}, {std::move(uid)}};
}

} // namespace

TEST_CASE("a new UID under a known name tells the old one") {
  known_objects known;
  CHECK_FALSE(known.note(object("a", "1")));
  CHECK_FALSE(known.note(object("a", "1")));
  auto replaced = known.note(object("a", "2"));
  REQUIRE(replaced);
  CHECK(replaced->value == "1");
  CHECK(known.size() == 1);
}

TEST_CASE("an object is forgotten by name and UID together") {
  known_objects known;
  known.note(object("a", "2"));
  CHECK_FALSE(known.forget(object("a", "1")));
  CHECK_FALSE(known.forget(object("b", "2")));
  CHECK(known.forget(object("a", "2")));
  CHECK(known.size() == 0);
}

TEST_CASE("a round ends with the objects that were not noted in it") {
  known_objects known;
  known.note(object("a", "1"));
  known.note(object("b", "2"));
  known.note(object("node", "3", ""));
  known.begin_round();
  known.note(object("a", "1"));
  std::vector<object_identity> lost;
  known.end_round([&](auto& what) { lost.push_back(what); });
  std::sort(lost.begin(), lost.end());
  CHECK(lost == std::vector{object("node", "3", ""), object("b", "2")});
  CHECK(known.size() == 1);
}

TEST_CASE("R-09: 10,000 known objects cost half a MB") {
  known_objects known;
  auto before = mallinfo2().uordblks;
  for (auto i = 0; i < 10'000; ++i)
    known.note(object(fmt::format("application-database-{}", i),
                      fmt::format("3fa85f64-5717-4562-b3fc-{:012}", i),
                      fmt::format("team-{}", i % 100)));
  auto cost = mallinfo2().uordblks - before;
  INFO(cost);
  CHECK(known.size() == 10'000);
  // Under a sanitizer's allocator mallinfo2 counts nothing.
  CHECK(cost < 600'000);
}

TEST_CASE("whatever comes and goes, the right ones are known, in little room") {
  std::srand(7);
  known_objects known;
  std::map<std::string, std::string> wanted;
  auto before = mallinfo2().uordblks;
  for (auto round = 0; round < 60'000; ++round) {
    auto name = fmt::format("pod-{}", std::rand() % 500);
    // Every 5,000th is longer than any block.
    if (round % 5'000 == 0)
      name += std::string(40'000, 'x');
    auto uid = fmt::format("3fa85f64-5717-4562-b3fc-{:012}", std::rand() % 3);
    if (std::rand() % 2 == 0) {
      auto replaced = known.note(object(name, uid));
      auto& was = wanted[name];
      REQUIRE(replaced.has_value() == (!was.empty() && was != uid));
      was = uid;
    } else {
      auto was = known.forget(object(name, uid).key);
      REQUIRE(was.value_or(object_uid{}).value == wanted[name]);
      wanted.erase(name);
    }
  }
  std::erase_if(wanted, [](const auto& one) { return one.second.empty(); });
  CHECK(known.size() == wanted.size());
  for (const auto& [name, uid] : wanted)
    CHECK(known.forget(object(name, uid)));
  CHECK(mallinfo2().uordblks < before + 2'000'000);
}
