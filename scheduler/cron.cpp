#include "scheduler/cron.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

#include "scheduler/cron_words.hpp"
#include "scheduler/duration.hpp"

namespace holystone::scheduler {

namespace {

constexpr std::string_view month_names = "janfebmaraprmayjunjulaugsepoctnovdec";
constexpr std::string_view day_names = "sunmontuewedthufrisat";

struct field_kind {
  std::string_view name;
  unsigned low;
  unsigned high;
  // Three letters each, the first one standing for `low`.
  std::string_view names;
};

constexpr std::array<field_kind, 5> kinds{{
    {"minute", 0, 59, ""},
    {"hour", 0, 23, ""},
    {"day of month", 1, 31, ""},
    {"month", 1, 12, month_names},
    {"day of week", 0, 6, day_names},
}};

using field_error = std::string;

field_error outside(const field_kind& kind, std::int64_t value) {
  auto hint = kind.names == day_names && value == 7 ? " (Sunday is 0)" : "";
  return fmt::format("{} {} is outside {}-{}{}", kind.name, value, kind.low,
                     kind.high, hint);
}

field_error not_a_number(const field_kind& kind, std::string_view item,
                         std::string_view word) {
  if (word.starts_with('H'))
    return fmt::format("{} {}: H stands for a number taken from a "
                       "repository hash, and none was given",
                       kind.name, quoted(item));
  return fmt::format("{} {}: {} is not a number{}", kind.name, quoted(item),
                     quoted(word),
                     kind.names.empty() ? "" : " or 3-letter name");
}

// Go's Atoi: one optional sign, then ASCII digits, within 64 bits.
std::optional<std::int64_t> parse_number(std::string_view word) {
  if (word.starts_with('+')) {
    word.remove_prefix(1);
    if (word.starts_with('-'))
      return std::nullopt;
  }
  std::int64_t value = 0;
  auto [end, failure]
      = std::from_chars(word.data(), word.data() + word.size(), value);
  if (failure != std::errc{} || end != word.data() + word.size())
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_name(const field_kind& kind,
                                       std::string_view word) {
  if (word.size() != 3)
    return std::nullopt;
  auto lower = std::string{word};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (std::size_t i = 0; i < kind.names.size(); i += 3)
    if (kind.names.substr(i, 3) == lower)
      return kind.low + static_cast<std::int64_t>(i / 3);
  return std::nullopt;
}

std::optional<std::int64_t> parse_bound(const field_kind& kind,
                                        std::string_view word) {
  if (auto named = parse_name(kind, word))
    return named;
  return parse_number(word);
}

// The part of an item before its step.
struct bounds {
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool is_single = false;
  bool has_star = false;
};

field_error parse_bounds(const field_kind& kind, std::string_view item,
                         std::string_view text, bounds& out) {
  auto words = split(text, '-');
  out.is_single = words.size() == 1;
  // Quirk: whatever follows a star and a hyphen is ignored ("*-x").
  if (words[0] == "*" || words[0] == "?") {
    out.first = kind.low;
    out.last = kind.high;
    out.has_star = true;
    return {};
  }
  if (words.size() > 2)
    return fmt::format("{} {} has more than one hyphen", kind.name,
                       quoted(item));
  auto first = parse_bound(kind, words[0]);
  auto last = parse_bound(kind, words.back());
  if (!first || !last)
    return not_a_number(kind, item, first ? words.back() : words[0]);
  if (*first < kind.low || *first > kind.high)
    return outside(kind, *first);
  if (*last < kind.low || *last > kind.high)
    return outside(kind, *last);
  out.first = *first;
  out.last = *last;
  return {};
}

field_error parse_item(const field_kind& kind, std::string_view item,
                       cron_field& out) {
  auto parts = split(item, '/');
  if (parts.size() > 2)
    return fmt::format("{} {} has more than one slash", kind.name,
                       quoted(item));
  bounds range;
  if (auto why = parse_bounds(kind, item, parts[0], range); !why.empty())
    return why;
  std::int64_t step = 1;
  if (parts.size() == 2) {
    auto given = parse_number(parts[1]);
    if (!given || *given < 1)
      return fmt::format("{} {}: the step must be a number from 1 on",
                         kind.name, quoted(item));
    step = *given;
    if (range.is_single)
      range.last = kind.high;
  }
  if (range.first > range.last)
    return fmt::format("{} {} runs backwards; write two ranges", kind.name,
                       quoted(item));
  out.has_star = out.has_star || (range.has_star && step == 1);
  // A step beyond the range admits its first value only, and must not
  // overflow the sum.
  step = std::min<std::int64_t>(step, 64);
  for (auto value = range.first; value <= range.last; value += step)
    out.values |= std::uint64_t{1} << static_cast<unsigned>(value);
  return {};
}

// Quirk: empty items are dropped, and a field of commas alone admits nothing.
field_error parse_field(const field_kind& kind, std::string_view text,
                        cron_field& out) {
  for (auto item : split(text, ','))
    if (!item.empty())
      if (auto why = parse_item(kind, item, out); !why.empty())
        return why;
  return {};
}

field_error parse_fields(std::string_view text, cron_schedule& out) {
  auto words = split_words(text);
  if (words.size() != kinds.size())
    return fmt::format("has {} fields instead of 5 (minute, hour, day of "
                       "month, month, day of week)",
                       words.size());
  const std::array<cron_field*, 5> fields{
      &out.minute, &out.hour, &out.day_of_month, &out.month, &out.day_of_week};
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (auto why = parse_field(kinds[i], words[i], *fields[i]); !why.empty())
      return why;
  return {};
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 7>
    descriptors{{
        {"@yearly", "0 0 1 1 *"},
        {"@annually", "0 0 1 1 *"},
        {"@monthly", "0 0 1 * *"},
        {"@weekly", "0 0 * * 0"},
        {"@daily", "0 0 * * *"},
        {"@midnight", "0 0 * * *"},
        {"@hourly", "0 * * * *"},
    }};

field_error parse_descriptor(std::string_view text, cron_schedule& out) {
  for (auto& [name, fields] : descriptors)
    if (name == text)
      return parse_fields(fields, out);
  constexpr std::string_view every = "@every ";
  if (!text.starts_with(every))
    return "is none of @yearly, @annually, @monthly, @weekly, @daily, "
           "@midnight, @hourly and @every <duration> (lower case, no space at "
           "the end)";
  auto delay = parse_go_duration(text.substr(every.size()));
  if (!delay)
    return delay.why().message;
  auto whole = std::chrono::duration_cast<seconds>(*delay);
  out.every = std::max(whole, seconds{1});
  return {};
}

} // namespace

result<zoned_spec> split_zone(std::string_view text) {
  if (!text.starts_with("TZ=") && !text.starts_with("CRON_TZ="))
    return zoned_spec{std::string{text}, {}};
  auto space = text.find(' ');
  if (space == std::string_view::npos)
    return error{quoted(text)
                 + ": nothing follows the time zone; write e.g. "
                   "\"TZ=Europe/Berlin 0 2 * * *\""};
  auto equals = text.find('=');
  auto zone = text.substr(equals + 1, space - equals - 1);
  return zoned_spec{std::string{trim(text.substr(space))},
                    zone.empty() ? "UTC" : std::string{zone}};
}

result<cron_schedule> parse_cron(std::string_view text) {
  if (text.empty())
    return error{"schedule is empty; write e.g. \"0 2 * * *\""};
  auto parts = split_zone(text);
  if (!parts)
    return parts.why();
  cron_schedule schedule;
  if (!parts->zone.empty()) {
    auto zone = find_zone(parts->zone);
    if (!zone)
      return error{"schedule " + quoted(text) + ": " + zone.why().message};
    schedule.zone = *zone;
  }
  auto why = parts->spec.starts_with('@')
                 ? parse_descriptor(parts->spec, schedule)
                 : parse_fields(parts->spec, schedule);
  if (!why.empty())
    return error{"schedule " + quoted(text) + ": " + why};
  return schedule;
}

} // namespace holystone::scheduler
