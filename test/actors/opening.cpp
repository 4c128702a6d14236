#include "actors/opening.hpp"

#include "actors/projections.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

const instant start = *parse_rfc3339("2026-11-21T12:00:00Z");

const auto places = watched_places("home", {});

void list_all(opening& picture) {
  for (const auto& place : places)
    CHECK(picture.complete(place, start) == (place == places.back()));
}

} // namespace

TEST_CASE("it opens when every kind was listed and nothing is being read") {
  opening picture{places};
  CHECK(picture.missing().size() == watched_kinds);
  CHECK_FALSE(picture.open(start, true));
  list_all(picture);
  CHECK(picture.missing().empty());
  CHECK(picture.open(start, true));
  CHECK(picture.is_open());
  CHECK_FALSE(picture.open(start, true));
}

TEST_CASE("a Secret that is being read holds it up for half a minute") {
  opening picture{places};
  list_all(picture);
  CHECK_FALSE(picture.open(start + seconds{29}, false));
  CHECK(picture.opens_at() == start + seconds{30});
  CHECK(picture.open(start + seconds{30}, false));
  CHECK_FALSE(picture.opens_at());
}

TEST_CASE("a clock that jumps back holds nothing up") {
  opening picture{places};
  list_all(picture);
  CHECK_FALSE(picture.open(start + seconds{1}, false));
  CHECK(picture.open(start - seconds{3600}, false));
}

TEST_CASE("what shows late is waited for as long as the rest") {
  opening picture{places};
  picture.prolong(start);
  list_all(picture);
  picture.prolong(start + seconds{20});
  CHECK_FALSE(picture.open(start + seconds{49}, false));
  CHECK(picture.open(start + seconds{50}, false));
  picture.prolong(start + seconds{60});
  CHECK_FALSE(picture.opens_at());
}

TEST_CASE("a kind is listed when it is in each namespace, and once is enough") {
  auto narrow = watched_places("home", {"app", "web"});
  opening picture{narrow};
  for (const auto& place : narrow)
    if (place.ns != "web" || place.kind != watched_kind::secrets)
      CHECK_FALSE(picture.complete(place, start));
  CHECK(picture.missing() == std::vector<std::string>{"Secret in web"});
  CHECK_FALSE(picture.complete(narrow.front(), start));
  CHECK(picture.complete({watched_kind::secrets, "web"}, start));
  CHECK_FALSE(picture.complete({watched_kind::secrets, "web"}, start));
}
