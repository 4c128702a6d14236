#include "scheduler/zone_rule.hpp"

#include <catch2/catch.hpp>

using namespace holystone::scheduler;
using namespace holystone;
using namespace std::chrono;

namespace {

zone_rule rule_of(std::string_view text) {
  auto rule = zone_rule::parse(text);
  CAPTURE(text);
  REQUIRE(rule);
  return *rule;
}

std::string begin_of(const zone_rule& rule, std::string_view at) {
  return to_rfc3339(rule.span(*parse_rfc3339(at)).begin);
}

std::string end_of(const zone_rule& rule, std::string_view at) {
  return to_rfc3339(rule.span(*parse_rfc3339(at)).end);
}

} // namespace

TEST_CASE("a rule names the instants of both changes") {
  auto rule = rule_of("CET-1CEST,M3.5.0,M10.5.0/3");
  CHECK(begin_of(rule, "2040-07-01T00:00:00Z") == "2040-03-25T01:00:00Z");
  CHECK(end_of(rule, "2040-07-01T00:00:00Z") == "2040-10-28T01:00:00Z");
  CHECK(begin_of(rule, "2040-01-01T00:00:00Z") == "2039-10-30T01:00:00Z");
  CHECK(rule.span(*parse_rfc3339("2040-07-01T00:00:00Z")).offset == 2h);
  CHECK(rule.span(*parse_rfc3339("2040-12-31T23:59:59Z")).offset == 1h);
}

TEST_CASE("a change belongs to the stretch that it begins") {
  auto rule = rule_of("EST5EDT,M3.2.0,M11.1.0");
  auto change = *parse_rfc3339("2040-03-11T07:00:00Z");
  CHECK(rule.span(change - 1s).offset == -5h);
  CHECK(rule.span(change).offset == -4h);
  CHECK(rule.span(change).begin == change);
  CHECK(rule.span(change - 1s).end == change);
}

TEST_CASE("rules of the south, of odd hours and with saved winter hold") {
  auto sydney = rule_of("AEST-10AEDT,M10.1.0,M4.1.0/3");
  CHECK(sydney.span(*parse_rfc3339("2040-01-01T00:00:00Z")).offset == 11h);
  CHECK(end_of(sydney, "2040-01-01T00:00:00Z") == "2040-03-31T16:00:00Z");
  auto lord_howe = rule_of("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
  CHECK(lord_howe.span(*parse_rfc3339("2040-01-01T00:00:00Z")).offset == 11h);
  CHECK(lord_howe.span(*parse_rfc3339("2040-07-01T00:00:00Z")).offset
        == 630min);
  auto dublin = rule_of("IST-1GMT0,M10.5.0,M3.5.0/1");
  CHECK(dublin.span(*parse_rfc3339("2040-07-01T00:00:00Z")).offset == 1h);
  CHECK(begin_of(dublin, "2040-07-01T00:00:00Z") == "2040-03-25T01:00:00Z");
  auto nuuk = rule_of("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
  CHECK(begin_of(nuuk, "2040-07-01T00:00:00Z") == "2040-03-25T01:00:00Z");
  auto gaza = rule_of("EET-2EEST,M3.4.4/50,M10.4.4/50");
  CHECK(begin_of(gaza, "2040-07-01T00:00:00Z") == "2040-03-24T00:00:00Z");
}

TEST_CASE("days of the year count 29 February or not, as their kind says") {
  auto never = rule_of("AAA0BBB,J60,J300");
  CHECK(begin_of(never, "2040-06-01T00:00:00Z") == "2040-03-01T02:00:00Z");
  CHECK(begin_of(never, "2041-06-01T00:00:00Z") == "2041-03-01T02:00:00Z");
  auto always = rule_of("AAA0BBB,59,299");
  CHECK(begin_of(always, "2040-06-01T00:00:00Z") == "2040-02-29T02:00:00Z");
  CHECK(begin_of(always, "2041-06-01T00:00:00Z") == "2041-03-01T02:00:00Z");
}

TEST_CASE("texts without daylight saving and broken ones are no rules") {
  for (auto text : {"", "UTC0", "<+0545>-5:45", "CET-1CEST", "CET-1CEST,M3.5.0",
                    "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
                    "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x",
                    "CE-1CEST,M3.5.0,M10.5.0", "<+01-1<+02>,M3.5.0,M10.5.0",
                    "CETCEST,M3.5.0,M10.5.0", "TZif2"}) {
    CAPTURE(text);
    CHECK(!zone_rule::parse(text));
  }
}
