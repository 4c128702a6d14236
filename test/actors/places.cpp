#include "actors/places.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace holystone::actors;

namespace {

using hashes = std::vector<std::string>;

places make_places(place_limits limits,
                   std::map<std::string, std::string> endpoints = {}) {
  return places{limits, [=](const std::string& hash) -> std::string_view {
                  auto i = endpoints.find(hash);
                  return i == endpoints.end() ? std::string_view{}
                                              : std::string_view{i->second};
                }};
}

} // namespace

TEST_CASE("places are given in the order of asking, up to the limit") {
  auto all = make_places({2, 0});
  for (const auto* hash : {"c", "a", "b"})
    all.seat(hash, place::wanted);
  CHECK(all.give() == hashes{"c", "a"});
  CHECK(all.give().empty());
  CHECK(all.running() == 2);
  CHECK(all.waiting() == 1);
  all.seat("c", place::none);
  CHECK(all.give() == hashes{"b"});
}

TEST_CASE("without limits everybody gets a place") {
  auto all = make_places({0, 0});
  for (int i = 0; i < 50; ++i)
    all.seat(std::to_string(i), place::wanted);
  CHECK(all.give().size() == 50);
}

TEST_CASE("who asks twice waits once, at the end") {
  auto all = make_places({1, 0});
  all.seat("a", place::wanted);
  all.seat("b", place::wanted);
  all.seat("a", place::wanted);
  CHECK(all.waiting() == 2);
  CHECK(all.give() == hashes{"b"});
}

TEST_CASE("a run from before a restart takes a place beyond the limit") {
  auto all = make_places({1, 0});
  all.seat("a", place::taken);
  all.seat("b", place::taken);
  all.seat("c", place::wanted);
  CHECK(all.running() == 2);
  all.seat("a", place::none);
  CHECK(all.give().empty());
  all.seat("b", place::none);
  CHECK(all.give() == hashes{"c"});
}

TEST_CASE("who waits for his endpoint holds up nobody else") {
  auto all = make_places({0, 1}, {{"a", "x"}, {"b", "x"}, {"c", "y"}});
  for (const auto* hash : {"a", "b", "c"})
    all.seat(hash, place::wanted);
  CHECK(all.give() == hashes{"a", "c"});
  all.seat("c", place::none);
  CHECK(all.give().empty());
  all.seat("a", place::none);
  CHECK(all.give() == hashes{"b"});
}
