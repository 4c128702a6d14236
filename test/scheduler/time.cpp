#include "scheduler/time.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace holystone;

TEST_CASE("instants are written as RFC 3339 in UTC") {
  CHECK(to_rfc3339(instant{}) == "1970-01-01T00:00:00Z");
  CHECK(to_rfc3339(instant{seconds{1795217415}}) == "2026-11-20T23:30:15Z");
  CHECK(to_rfc3339(instant{seconds{-1}}) == "1969-12-31T23:59:59Z");
}

TEST_CASE("RFC 3339 is read with any offset and without its fraction") {
  auto same = instant{seconds{1795217415}};
  CHECK(parse_rfc3339("2026-11-20T23:30:15Z") == same);
  CHECK(parse_rfc3339("2026-11-20t23:30:15z") == same);
  CHECK(parse_rfc3339("2026-11-20T23:30:15.999999Z") == same);
  CHECK(parse_rfc3339("2026-11-21T05:15:15+05:45") == same);
  CHECK(parse_rfc3339("2026-11-20T20:00:15.5-03:30") == same);
}

TEST_CASE("what is not RFC 3339 is not read") {
  for (auto text :
       {"", "2026", "2026-11-20", "2026-11-20T23:30:15", "2026-11-20 23:30:15Z",
        "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-20T24:00:00Z",
        "2026-11-20T23:60:00Z", "2026-11-20T23:30:60Z", "2026-11-20T23:30:15.Z",
        "2026-11-20T23:30:15+0545", "2026-11-20T23:30:15+05:60",
        "2026-11-20T23:30:15ZZ", "+026-11-20T23:30:15Z", "2026-11-20T23:30:1Z",
        "2026-11-20T23:30:15 05:45", "20261120T233015Z"}) {
    CAPTURE(text);
    CHECK(!parse_rfc3339(text));
  }
}

TEST_CASE("every instant of the years 0 to 9999 survives the round trip") {
  std::mt19937_64 source{4};
  for (int i = 0; i < 10'000; ++i) {
    auto count = static_cast<std::int64_t>(source() % 315'569'520'000);
    instant at{seconds{count - 62'167'219'200}};
    CHECK(parse_rfc3339(to_rfc3339(at)) == at);
  }
}
