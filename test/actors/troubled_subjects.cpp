#include "actors/troubled_subjects.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

const instant start = *parse_rfc3339("2026-11-21T12:00:00Z");

} // namespace

TEST_CASE("a subject that failed is left alone and the others go on") {
  troubled_subjects all;
  all.failed("a", {false, milliseconds{1'500}, "no", {}}, start);
  CHECK(all.is_blocked("a", start + seconds{1}));
  CHECK_FALSE(all.is_blocked("a", start + seconds{2}));
  CHECK_FALSE(all.is_blocked("b", start));
  CHECK(all.failing().at("a").message == "no");
}

TEST_CASE("no failure is tried again within the same second") {
  troubled_subjects all;
  all.failed("a", {false, milliseconds{0}, "no", {}}, start);
  CHECK(all.is_blocked("a", start));
}

TEST_CASE("each failure in a row waits twice as long, up to 32 s") {
  troubled_subjects all;
  for (auto pause : {1, 2, 4, 8, 16, 32, 32}) {
    all.failed("a", {false, milliseconds{1'000}, "no", {}}, start);
    CHECK(all.next(start) == start + seconds{pause});
  }
  all.failed("a", {false, milliseconds{60'000}, "no", {}}, start);
  CHECK(all.next(start) == start + seconds{60});
}

TEST_CASE("a clock that is set back makes no pause longer") {
  troubled_subjects all;
  all.failed("a", {false, milliseconds{1'000}, "no", {}}, start);
  CHECK_FALSE(all.is_blocked("a", start - seconds{1}));
  CHECK_FALSE(all.next(start - seconds{3'600}));
}

TEST_CASE("what the server refuses is told at once, and tried again when "
          "something else is asked for") {
  troubled_subjects all;
  outcome refusal{false, milliseconds{300'000}, "422", {}};
  refusal.is_final = true;
  all.failed("a", refusal, start);
  all.failed("b", {false, milliseconds{9'000}, "503", {}}, start);
  CHECK(all.failing(3) == std::map<std::string, write_failure>{{"a", {"422"}}});
  CHECK(all.is_blocked("a", start + seconds{299}));
  all.forgive();
  CHECK_FALSE(all.is_blocked("a", start));
  CHECK(all.failing(3).contains("a"));
  CHECK(all.is_blocked("b", start));
}

TEST_CASE("failures count in a row") {
  troubled_subjects all;
  all.failed("a", {}, start);
  all.failed("a", {}, start);
  CHECK(all.failures("a") == 2);
  all.succeeded("a");
  CHECK(all.failures("a") == 0);
  CHECK(all.failing().empty());
}

TEST_CASE("the next look is at the first subject that may be tried again") {
  troubled_subjects all;
  CHECK_FALSE(all.next(start));
  all.failed("a", {false, milliseconds{9'000}, "", {}}, start);
  all.failed("b", {false, milliseconds{4'000}, "", {}}, start);
  CHECK(all.next(start) == start + seconds{4});
  CHECK(all.next(start + seconds{4}) == start + seconds{9});
  CHECK_FALSE(all.next(start + seconds{9}));
}

TEST_CASE("a subject written again and again is in a loop with somebody") {
  troubled_subjects all;
  for (int i = 0; i < 30; ++i)
    CHECK(all.may_write("a", start));
  CHECK_FALSE(all.may_write("a", start + seconds{59}));
  CHECK(all.may_write("b", start + seconds{59}));
  CHECK(all.may_write("a", start + seconds{60}));
}
