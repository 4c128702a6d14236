#include "scheduler/cron.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <fstream>
#include <random>
#include <sstream>

using namespace holystone::scheduler;
using namespace holystone;

namespace {

boost::json::array golden_vectors() {
  std::ifstream file{HOLYSTONE_TEST_DATA "/cron-golden.json"};
  std::stringstream text;
  text << file.rdbuf();
  return boost::json::parse(text.str()).at("vectors").as_array();
}

std::string text_at(const boost::json::object& object, const char* key) {
  auto value = object.if_contains(key);
  return value ? std::string{value->as_string()} : std::string{};
}

bool flag_at(const boost::json::object& object, const char* key) {
  auto value = object.if_contains(key);
  return value && value->as_bool();
}

// The activations that a vector lists, and one more if it lists fewer.
void check_instants(const boost::json::object& vector,
                    const cron_schedule& schedule, const time_zone& zone) {
  instant at{seconds{vector.at("from_unix").as_int64()}};
  if (flag_at(vector, "never")) {
    CHECK(!next_run(schedule, zone, at));
    return;
  }
  auto shown = schedule.zone ? *schedule.zone : zone;
  auto& unix_times = vector.at("next_unix").as_array();
  auto& texts = vector.at("next").as_array();
  REQUIRE(!unix_times.empty());
  for (std::size_t i = 0; i < unix_times.size(); ++i) {
    auto next = next_run(schedule, zone, at);
    REQUIRE(next);
    CHECK(next->time_since_epoch().count() == unix_times[i].as_int64());
    CHECK(to_local_rfc3339(*next, shown) == std::string{texts[i].as_string()});
    if (texts[i].as_string().starts_with("2"))
      CHECK(parse_rfc3339(std::string{texts[i].as_string()}) == *next);
    at = *next;
  }
  if (unix_times.size() < 4)
    CHECK(!next_run(schedule, zone, at));
}

void check_vector(const boost::json::object& vector) {
  auto spec = text_at(vector, "spec");
  auto zone_name = text_at(vector, "tz");
  CAPTURE(vector.at("id").as_int64(), spec, zone_name, text_at(vector, "from"));
  auto schedule = parse_cron(spec);
  REQUIRE(bool(schedule) == !flag_at(vector, "err"));
  if (!schedule) {
    CHECK(!schedule.why().message.empty());
    return;
  }
  auto zone = zone_name.empty() ? result<time_zone>{time_zone{}}
                                : find_zone(zone_name);
  REQUIRE(zone);
  if (!flag_at(vector, "library_hangs"))
    check_instants(vector, *schedule, *zone);
}

std::string why(std::string_view text) {
  auto schedule = parse_cron(text);
  REQUIRE(!schedule);
  return schedule.why().message;
}

std::string resolved(std::string_view text, std::string_view hash) {
  auto out = resolve_hashed(text, hash);
  CAPTURE(text, hash);
  REQUIRE(out);
  return *out;
}

std::string why_hashed(std::string_view text) {
  auto out = resolve_hashed(text, "0123456789abcdef");
  REQUIRE(!out);
  return out.why().message;
}

std::string random_hash(std::mt19937_64& source) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx",
                static_cast<unsigned long long>(source()));
  return text.data();
}

} // namespace

TEST_CASE("every golden vector of robfig/cron v3.0.1 comes out the same") {
  auto vectors = golden_vectors();
  REQUIRE(vectors.size() == 978);
  for (auto& vector : vectors)
    check_vector(vector.as_object());
}

TEST_CASE("a schedule on a day that the zone skipped finds the next year's") {
  auto schedule = parse_cron("0 0 30 12 *");
  auto zone = find_zone("Pacific/Apia");
  REQUIRE(schedule);
  REQUIRE(zone);
  auto from = parse_rfc3339("2011-12-28T13:00:00-10:00");
  auto next = next_run(*schedule, *zone, *from);
  REQUIRE(next);
  CHECK(to_local_rfc3339(*next, *zone) == "2012-12-30T00:00:00+14:00");
}

TEST_CASE("a refused schedule names the field, the value and the range") {
  CHECK(why("61 * * * *")
        == "schedule \"61 * * * *\": minute 61 is outside 0-59");
  CHECK(why("0 24 * * *")
        == "schedule \"0 24 * * *\": hour 24 is outside 0-23");
  CHECK(
      why("0 0 * * 7")
      == "schedule \"0 0 * * 7\": day of week 7 is outside 0-6 (Sunday is 0)");
  CHECK(
      why("0 0 * january *")
      == "schedule \"0 0 * january *\": month \"january\": \"january\" is not "
         "a number or 3-letter name");
  CHECK(why("0 0 * *")
        == "schedule \"0 0 * *\": has 4 fields instead of 5 (minute, hour, day "
           "of month, month, day of week)");
  CHECK(why("5-2 * * * *")
        == "schedule \"5-2 * * * *\": minute \"5-2\" runs backwards; write two "
           "ranges");
  CHECK(
      why("*/0 * * * *")
      == "schedule \"*/0 * * * *\": minute \"*/0\": the step must be a number "
         "from 1 on");
  CHECK(
      why("@every 1d")
      == "schedule \"@every 1d\": duration \"1d\" has the unknown unit \"d\"; "
         "use h, m, s, ms, us or ns");
  CHECK(why("TZ=Nowhere 0 2 * * *")
        == "schedule \"TZ=Nowhere 0 2 * * *\": time zone \"Nowhere\" is "
           "unknown; use a name of the IANA database such as UTC or "
           "Europe/Berlin");
  CHECK(why("H 2 * * *")
        == "schedule \"H 2 * * *\": minute \"H\": H stands for a number taken "
           "from a repository hash, and none was given");
  CHECK(why("") == "schedule is empty; write e.g. \"0 2 * * *\"");
}

TEST_CASE("a message stays short whatever a schedule holds") {
  CHECK(why(std::string(1 << 20, 'x')).size() < 400);
  CHECK(why("0 0 " + std::string(1 << 20, 'x') + " * *").size() < 400);
  CHECK(why("TZ=" + std::string(1 << 20, 'x') + " * * * * *").size() < 400);
  CHECK(why(std::string(1 << 20, '0') + "99 * * * *").size() < 400);
  CHECK(why("@every " + std::string(1 << 20, 'x')).size() < 400);
  CHECK(why_hashed("0 H(" + std::string(1 << 20, '1') + ") * * *").size()
        < 400);
}

TEST_CASE("a zone prefix is split from the schedule (R-51)") {
  auto parts = split_zone("CRON_TZ=Europe/Berlin  0 2 * * * ");
  REQUIRE(parts);
  CHECK(parts->zone == "Europe/Berlin");
  CHECK(parts->spec == "0 2 * * *");
  CHECK(split_zone("TZ= 0 2 * * *")->zone == "UTC");
  CHECK(split_zone("0 2 * * *")->zone.empty());
  CHECK(!split_zone("TZ=UTC"));
}

TEST_CASE("a text without H comes back unchanged") {
  for (auto text :
       {"0 2 * * *", "@daily", "  0  2 * mar THU", "TZ=UTC 0 2 * * *",
        "nonsense", "", "CRON_TZ=HST 0 2 * * *", "h 2 * * *"}) {
    CHECK(!is_hashed(text));
    CHECK(resolved(text, "not even a hash") == text);
  }
}

TEST_CASE("H becomes numbers that depend on the hash alone") {
  constexpr auto one = "0123456789abcdef";
  constexpr auto other = "fedcba9876543210";
  auto text = "CRON_TZ=UTC  H H(1-5),23 H/7 * *";
  CHECK(is_hashed(text));
  CHECK(resolved(text, one) == resolved(text, one));
  CHECK(resolved(text, one) != resolved(text, other));
  // Recorded once: a change would move every user's maintenance.
  CHECK(resolved(text, one) == "CRON_TZ=UTC  5 4,23 6-28/7 * *");
  CHECK(resolved("H/15 H H * *", one) == "1-59/15 15 24 * *");
}

TEST_CASE("H out of place or malformed says where and how it may stand") {
  CHECK(why_hashed("0 2 * H *")
        == "schedule \"0 2 * H *\": \"H\" stands in field 4; H may stand in "
           "minute, hour and day of month only");
  CHECK(why_hashed("0 2 * * H(1-5)")
        == "schedule \"0 2 * * H(1-5)\": \"H(1-5)\" stands in field 5; H may "
           "stand in minute, hour and day of month only");
  CHECK(why_hashed("H(50-70) * * * *")
        == "schedule \"H(50-70) * * * *\": minute \"H(50-70)\": the range must "
           "lie within 0-59");
  CHECK(why_hashed("0 0 H(1-31) * *")
        == "schedule \"0 0 H(1-31) * *\": day of month \"H(1-31)\": the range "
           "must lie within 1-28");
  CHECK(why_hashed("0 H(5-1) * * *").ends_with("must lie within 0-23"));
  CHECK(why_hashed("H/61 * * * *").ends_with("the step must be 1-60"));
  for (auto item : {"H(", "H()", "H(1)", "H(1-)", "H(1-5", "H/", "H/0", "H/x",
                    "H5", "H-5", "H(1-5)x", "H(-1-5)", "HH"})
    CHECK(why_hashed(std::string{item} + " * * * *")
              .ends_with("write H, H/n, H(a-b) or H(a-b)/n"));
  auto no_hash = resolve_hashed("H * * * *", "123");
  REQUIRE(!no_hash);
  CHECK(no_hash.why().message
        == "schedule \"H * * * *\": H needs the repository's hash of 16 hex "
           "digits");
}

TEST_CASE("what H becomes is a valid schedule inside its range") {
  std::mt19937_64 source{20261121};
  for (int i = 0; i < 2000; ++i) {
    auto hash = random_hash(source);
    auto schedule
        = parse_cron(resolved("H(10-19),H(30-39)/3 H/6 H(5-9) * *", hash));
    REQUIRE(schedule);
    for (unsigned m = 0; m < 60; ++m)
      if (schedule->minute.admits(m))
        CHECK((m / 10 == 1 || m / 10 == 3));
    for (unsigned d = 1; d < 32; ++d)
      if (schedule->day_of_month.admits(d))
        CHECK((d >= 5 && d <= 9));
    CHECK(__builtin_popcountll(schedule->hour.values) == 4);
  }
}

TEST_CASE("H spreads evenly over minutes, hours and days") {
  constexpr unsigned total = 10'000;
  std::mt19937_64 source{7};
  std::array<unsigned, 60> minutes{};
  std::array<unsigned, 24> hours{};
  std::array<unsigned, 32> days{};
  std::array<unsigned, 60 * 24> both{};
  for (unsigned i = 0; i < total; ++i) {
    unsigned minute = 0, hour = 0, day = 0;
    auto text = resolved("H H H * *", random_hash(source));
    REQUIRE(std::sscanf(text.c_str(), "%u %u %u", &minute, &hour, &day) == 3);
    ++minutes.at(minute);
    ++hours.at(hour);
    ++days.at(day);
    ++both.at(hour * 60 + minute);
  }
  for (auto n : minutes)
    CHECK((n > 0 && n < 2 * total / 60));
  for (auto n : hours)
    CHECK((n > 0 && n < 2 * total / 24));
  CHECK((days[0] == 0 && days[29] == 0 && days[30] == 0 && days[31] == 0));
  for (unsigned d = 1; d <= 28; ++d)
    CHECK((days.at(d) > 0 && days.at(d) < 2 * total / 28));
  // Minute and hour are independent: a mean of 7 leaves hardly any slot empty.
  CHECK(std::count(both.begin(), both.end(), 0U) < 20);
}

TEST_CASE("random bytes never break the parser") {
  std::mt19937_64 source{99};
  const std::string alphabet = "0123456789*?/-,+ \t@HTZ=()jansu\xC2\xA0\xFF";
  unsigned accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (auto n = source() % 24; n > 0; --n)
      text += alphabet[source() % alphabet.size()];
    auto hashed = resolve_hashed(text, "0123456789abcdef");
    auto schedule = parse_cron(hashed ? *hashed : text);
    accepted += schedule ? 1 : 0;
    if (schedule) {
      auto next
          = next_run(*schedule, time_zone{}, instant{seconds{1795217415}});
      CHECK((!next || *next > instant{seconds{1795217415}}));
    }
  }
  CHECK(accepted < 50'000);
}
