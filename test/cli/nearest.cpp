#include "cli/nearest.hpp"

#include <catch2/catch.hpp>

using holystone::cli::edit_distance;
using holystone::cli::nearest;

TEST_CASE("letters inserted, removed, replaced and swapped count one each") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("next", "nxt") == 1);
  CHECK(edit_distance("nxt", "next") == 1);
  CHECK(edit_distance("next", "text") == 1);
  CHECK(edit_distance("form", "from") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest word is found, and none among none") {
  CHECK(nearest("--form", {"--count", "--from", "--tz"}) == "--from");
  CHECK(nearest("x", {}).empty());
}
