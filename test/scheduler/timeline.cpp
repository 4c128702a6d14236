#include "scheduler/timeline.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <ctime>
#include <random>
#include <vector>

#include "scheduler/cron.hpp"

using namespace holystone::scheduler;
using namespace holystone;

namespace {

cron_schedule parsed(std::string_view text) {
  auto schedule = parse_cron(text);
  CAPTURE(text);
  REQUIRE(schedule);
  return *schedule;
}

time_zone zone_of(std::string_view name) {
  auto zone = find_zone(name);
  CAPTURE(name);
  REQUIRE(zone);
  return *zone;
}

instant when(std::string_view text) {
  auto at = parse_rfc3339(text);
  CAPTURE(text);
  REQUIRE(at);
  return *at;
}

// What `newest_slot` promises, written down the slow way.
std::optional<instant> newest_by_walking(const cron_schedule& schedule,
                                         const time_zone& zone, instant after,
                                         instant until) {
  std::optional<instant> newest;
  for (auto next = next_run(schedule, zone, after); next && *next <= until;
       next = next_run(schedule, zone, *next))
    newest = next;
  return newest;
}

const std::vector<std::string> zone_names{"UTC",
                                          "Europe/Berlin",
                                          "America/New_York",
                                          "Asia/Beirut",
                                          "America/Havana",
                                          "Pacific/Apia",
                                          "Australia/Lord_Howe",
                                          "Africa/Casablanca",
                                          "Asia/Kathmandu",
                                          "America/St_Johns",
                                          "America/Sao_Paulo",
                                          "Europe/Dublin"};

const std::vector<std::string> texts{
    "* * * * *",   "*/7 * * * *", "30 1 * * *",    "0 2 * * *",
    "0 0 * * *",   "30 0 14 3 *", "* * 1 * *",     "15 2,3 * * 0",
    "0 0 31 * *",  "0 0 29 2 *",  "59 23 30 12 *", "0 */2 * * 1-5",
    "0 0 */2 * 1", "@every 90s",  "@every 25h",    ", * * * *",
    "* 2 * 3,10 0"};

} // namespace

TEST_CASE(
    "the next run is strictly later and never runs ahead of a later ask") {
  std::mt19937_64 source{1};
  for (auto& text : texts) {
    for (auto& name : zone_names) {
      auto schedule = parsed(text);
      auto zone = zone_of(name);
      // 1970 to 2037.
      instant at{seconds{static_cast<std::int64_t>(source() % 2'114'380'800)}};
      auto first = next_run(schedule, zone, at);
      if (!first)
        continue;
      CAPTURE(text, name, to_local_rfc3339(at, zone),
              to_local_rfc3339(*first, zone));
      CHECK(*first > at);
      // Asked from anywhere in between, the answer is the same.
      if (!schedule.every)
        for (int i = 0; i < 20; ++i) {
          auto gap = static_cast<std::uint64_t>((*first - at).count());
          auto between
              = at + seconds{static_cast<std::int64_t>(source() % gap)};
          CHECK(next_run(schedule, zone, between) == first);
        }
    }
  }
}

TEST_CASE("the newest slot is the last one that walking finds") {
  std::mt19937_64 source{2};
  for (auto& text : texts) {
    for (auto& name : zone_names) {
      auto schedule = parsed(text);
      auto zone = zone_of(name);
      for (int i = 0; i < 8; ++i) {
        instant until{
            seconds{static_cast<std::int64_t>(source() % 2'114'380'800)}};
        // From minutes to three weeks.
        auto span
            = static_cast<std::int64_t>(source() % (60ULL << source() % 16));
        auto after = until - seconds{span};
        CAPTURE(text, name, to_rfc3339(after), to_rfc3339(until));
        CHECK(newest_slot(schedule, zone, after, until)
              == newest_by_walking(schedule, zone, after, until));
      }
    }
  }
}

TEST_CASE("the newest slot agrees with walking around changes of the offset") {
  const std::vector<std::pair<std::string, std::string>> changes{
      {"Europe/Berlin", "2026-03-29T01:00:00Z"},
      {"Europe/Berlin", "2026-10-25T01:00:00Z"},
      {"Asia/Beirut", "2026-03-28T22:00:00Z"},
      {"America/Havana", "2026-03-08T05:00:00Z"},
      {"America/St_Johns", "2010-03-14T03:31:00Z"},
      {"America/Sao_Paulo", "2018-11-04T03:00:00Z"},
      {"Pacific/Apia", "2011-12-30T10:00:00Z"},
      {"Australia/Lord_Howe", "2025-10-04T15:30:00Z"}};
  std::mt19937_64 source{3};
  auto near = [&](instant at, int hours) {
    auto span = static_cast<std::uint64_t>(hours) * 3600;
    return at + seconds{static_cast<std::int64_t>(source() % (2 * span))}
           - std::chrono::hours{hours};
  };
  const std::vector<std::string> local{
      "30 0 * * *",  "0 0 * * *",    "30 1 * * *",     "30 2 * * *",
      "0 3 * * *",   "*/20 * * * *", "15 2 28-31 * *", "30 1 29 3 *",
      "45 0 4 11 *", "0 0 30 12 *"};
  for (auto& [name, at] : changes)
    for (auto& text : local)
      for (int i = 0; i < 25; ++i) {
        auto schedule = parsed(text);
        auto zone = zone_of(name);
        auto until = near(when(at), 72);
        // Asked from before the change, as an operator that was away does.
        auto after = std::min(near(when(at), 120) - std::chrono::hours{100},
                              until - seconds{1});
        CAPTURE(name, text, to_local_rfc3339(after, zone),
                to_local_rfc3339(until, zone));
        CHECK(newest_slot(schedule, zone, after, until)
              == newest_by_walking(schedule, zone, after, until));
      }
}

TEST_CASE("the newest slot of an empty or backward span is none") {
  auto schedule = parsed("* * * * *");
  auto at = when("2026-11-21T02:00:00Z");
  CHECK(!newest_slot(schedule, time_zone{}, at, at));
  CHECK(!newest_slot(schedule, time_zone{}, at, at - seconds{600}));
  CHECK(newest_slot(schedule, time_zone{}, at - seconds{1}, at) == at);
  CHECK(!newest_slot(parsed("@every 1h"), time_zone{}, at, at + seconds{3599}));
}

namespace {

// Whether the work can be done within the budget. What counts is processor
// time, and of several tries the first one that fits, because on a busy machine
// others' work slows ours down: only what never fits is too slow.
template <class Work>
bool fits(std::chrono::duration<double> budget, Work work) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  do {
    auto start = std::clock();
    work();
    auto spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (std::chrono::duration<double>{spent} < budget)
      return true;
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

// The budgets are for an optimized build; another one may take far longer and
// still shows a walk that lost its bounds.
#ifdef NDEBUG
constexpr int slack = 1;
#else
constexpr int slack = 100;
#endif

} // namespace

TEST_CASE("dense schedules over decades take bounded time") {
  auto until = when("2026-11-21T02:00:30Z");
  auto after = when("1990-01-01T00:00:00Z");
  for (auto text : {"* * * * *", "@every 1s", "* * 1 1 *", "0 0 29 2 *"})
    for (auto name : {"UTC", "America/New_York", "Pacific/Apia"}) {
      auto schedule = parsed(text);
      auto zone = zone_of(name);
      CAPTURE(text, name);
      CHECK(newest_slot(schedule, zone, after, until));
      CHECK(fits(slack * std::chrono::milliseconds{20},
                 [&] { (void)newest_slot(schedule, zone, after, until); }));
    }
}

TEST_CASE("10,000 next runs and the worst schedules keep to their budget") {
  std::vector<cron_schedule> schedules;
  for (unsigned i = 0; i < 10'000; ++i)
    schedules.push_back(parsed(std::to_string(i % 60) + " "
                               + std::to_string(i % 24) + " * * *"));
  auto zone = zone_of("Europe/Berlin");
  auto at = when("2026-11-21T02:00:00Z");
  CHECK(fits(slack * std::chrono::milliseconds{50}, [&] {
    auto found = 0;
    for (auto& schedule : schedules)
      found += next_run(schedule, zone, at) > at ? 1 : 0;
    REQUIRE(found == 10'000);
  }));

  for (auto text : {"0 0 30 2 *", "59 23 31 12 ,", "0 0 29 2 *", "0 0 , * *",
                    "30 2 31 3 *", ", * * * *", "0 , * * *"}) {
    auto schedule = parsed(text);
    CAPTURE(text);
    CHECK(fits(slack * std::chrono::milliseconds{1},
               [&] { (void)next_run(schedule, zone, at); }));
  }
}

TEST_CASE("zones are found by their exact name only") {
  CHECK(zone_of("UTC").name() == "UTC");
  CHECK(zone_of("UTC") == time_zone{});
  CHECK(zone_of("Europe/Berlin").name() == "Europe/Berlin");
  CHECK(zone_of("Europe/Berlin") == zone_of("Europe/Berlin"));
  CHECK(!(zone_of("Europe/Berlin") == zone_of("Europe/Paris")));
  for (auto name :
       {"", "Local", "localtime", "europe/berlin", "Nowhere/City",
        "../etc/passwd", "/etc/localtime", "Europe", "GMT+3", "tzdata.zi"}) {
    CAPTURE(name);
    auto zone = find_zone(name);
    REQUIRE(!zone);
    CHECK(zone.why().message
          == "time zone \"" + std::string{name}
                 + "\" is unknown; use a name of the IANA database such as UTC "
                   "or "
                   "Europe/Berlin");
  }
}

TEST_CASE("rules of daylight saving hold beyond the tables of the database") {
  auto check = [](const char* zone, const char* winter, const char* summer) {
    CAPTURE(zone);
    auto offset = [&](const char* at) {
      return to_local_rfc3339(when(at), zone_of(zone)).substr(19);
    };
    for (auto year : {"2030", "2037", "2038", "2050", "2096", "2400"}) {
      CAPTURE(year);
      CHECK(offset((year + std::string{"-01-15T12:00:00Z"}).c_str()) == winter);
      CHECK(offset((year + std::string{"-07-15T12:00:00Z"}).c_str()) == summer);
    }
  };
  check("Europe/Berlin", "+01:00", "+02:00");
  check("America/New_York", "-05:00", "-04:00");
  check("Australia/Sydney", "+11:00", "+10:00");
  check("Europe/Dublin", "Z", "+01:00");
  check("Asia/Kathmandu", "+05:45", "+05:45");
  check("America/Nuuk", "-02:00", "-01:00");
  // The exact seconds of a change: 02:00 does not exist on 11 March 2040.
  auto zone = zone_of("America/New_York");
  auto next = next_run(parsed("0 2 * * *"), zone, when("2040-03-10T12:00:00Z"));
  REQUIRE(next);
  CHECK(to_local_rfc3339(*next, zone) == "2040-03-12T02:00:00-04:00");
}
