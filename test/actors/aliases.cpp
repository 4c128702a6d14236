#include "actors/aliases.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

lease_fact lease_of(std::string id, std::string holder = {}) {
  lease_fact lease;
  lease.exists = true;
  lease.known.unique_id = std::move(id);
  lease.holder = {std::move(holder)};
  return lease;
}

claim_key source(const std::string& ns) {
  return {claim_kind::replication_source, {ns, "data"}};
}

instant at(int second) {
  return instant{seconds{second}};
}

/// Two claimed locations of one repository; `a` was claimed first.
aliases two() {
  aliases all;
  all.claim(source("old"), at(1), "a", "A");
  all.claim(source("new"), at(2), "b", "B");
  all.learn("a", lease_of("id"));
  all.learn("b", lease_of("id"));
  return all;
}

} // namespace

TEST_CASE("locations with one id are aliases, and the older claim is the "
          "elder") {
  auto all = two();
  CHECK(all.take_changed() == std::set<std::string>{"a", "b"});
  CHECK(all.take_changed().empty());
  REQUIRE(all.of("a").size() == 1);
  CHECK(all.of("a")[0] == alias_fact{"b", "B", false, {}, {}});
  CHECK(all.of("b")[0] == alias_fact{"a", "A", true, {}, {}});
  CHECK(all.of("elsewhere").empty());
}

TEST_CASE("locations without an id, or with different ones, are no aliases") {
  aliases all;
  all.claim(source("x"), at(1), "a", "A");
  all.claim(source("y"), at(1), "b", "B");
  all.learn("a", lease_of(""));
  all.learn("b", lease_of(""));
  CHECK(all.take_changed().empty());
  CHECK(all.of("a").empty());
  all.learn("a", lease_of("1"));
  all.learn("b", lease_of("2"));
  CHECK(all.take_changed().empty());
  CHECK(all.of("a").empty());
}

TEST_CASE("an alias tells who holds its lock") {
  auto all = two();
  all.take_changed();
  all.learn("b", lease_of("id", "job"));
  CHECK(all.take_changed() == std::set<std::string>{"a", "b"});
  CHECK(all.of("a")[0].holder == object_uid{"job"});
}

TEST_CASE("when the elder is claimed no more, the other takes over, and a lock "
          "that is still held counts") {
  auto all = two();
  all.learn("a", lease_of("id", "job"));
  all.unclaim(source("old"));
  REQUIRE(all.of("b").size() == 1);
  CHECK_FALSE(all.of("b")[0].is_elder);
  all.learn("a", lease_of("id"));
  CHECK(all.of("b").empty());
  all.take_changed();
  all.forget("a");
  CHECK(all.take_changed() == std::set<std::string>{"a", "b"});
}

TEST_CASE("claims of one second are told apart by their names") {
  aliases all;
  all.claim(source("y"), at(1), "a", "A");
  all.claim(source("x"), at(1), "b", "B");
  all.learn("a", lease_of("id"));
  all.learn("b", lease_of("id"));
  CHECK(all.of("a")[0].is_elder);
  CHECK_FALSE(all.of("b")[0].is_elder);
}

TEST_CASE("a claim that moves to the other location leaves no alias") {
  auto all = two();
  all.claim(source("new"), at(2), "a", "A");
  CHECK(all.of("a").empty());
}
