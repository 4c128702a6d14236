#include "scheduler/short_text.hpp"

#include <catch2/catch.hpp>

using holystone::scheduler::shorten;

TEST_CASE("a text that is too long is cut between characters") {
  CHECK(shorten("", 3) == "");
  CHECK(shorten("abc", 3) == "abc");
  CHECK(shorten("abcd", 3) == "abc");
  CHECK(shorten("a\xC3\xB6z", 2) == "a");
  CHECK(shorten("a\xC3\xB6z", 3) == "a\xC3\xB6");
  CHECK(shorten("\xE2\x82\xAC", 2) == "");
  CHECK(shorten("\x80\x80\x80", 2) == "");
}
