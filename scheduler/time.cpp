#include "scheduler/time.hpp"

#include <fmt/format.h>

namespace holystone {

namespace {

// Reads `count` digits at `at`; none if another character stands there.
std::optional<int> digits(std::string_view text, std::size_t at, int count) {
  int value = 0;
  for (int i = 0; i < count; ++i, ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9')
      return std::nullopt;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

bool stands_at(std::string_view text, std::size_t at, char c) {
  return at < text.size() && text[at] == c;
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  auto y = digits(text, 0, 4);
  auto m = digits(text, 5, 2);
  auto d = digits(text, 8, 2);
  if (!y || !m || !d || !stands_at(text, 4, '-') || !stands_at(text, 7, '-'))
    return std::nullopt;
  auto date = std::chrono::year{*y} / *m / *d;
  if (!date.ok())
    return std::nullopt;
  return std::chrono::sys_days{date};
}

std::optional<seconds> parse_clock(std::string_view text) {
  auto h = digits(text, 0, 2);
  auto m = digits(text, 3, 2);
  auto s = digits(text, 6, 2);
  if (!h || !m || !s || !stands_at(text, 2, ':') || !stands_at(text, 5, ':'))
    return std::nullopt;
  if (*h > 23 || *m > 59 || *s > 59)
    return std::nullopt;
  return seconds{*h * 3600 + *m * 60 + *s};
}

// Drops a fraction; false when a point is followed by no digit.
bool skip_fraction(std::string_view& text) {
  if (!text.starts_with('.'))
    return true;
  std::size_t n = 1;
  while (digits(text, n, 1))
    ++n;
  text.remove_prefix(n);
  return n > 1;
}

std::optional<seconds> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z")
    return seconds{0};
  auto h = digits(text, 1, 2);
  auto m = digits(text, 4, 2);
  auto is_offset = text.size() == 6 && (text[0] == '+' || text[0] == '-')
                   && text[3] == ':';
  if (!is_offset || !h || !m || *h > 23 || *m > 59)
    return std::nullopt;
  auto size = seconds{*h * 3600 + *m * 60};
  return text[0] == '-' ? -size : size;
}

} // namespace

bool is_credible(instant at, instant now) {
  return at <= now + std::chrono::minutes{5};
}

std::string to_rfc3339(instant at) {
  auto day = std::chrono::floor<std::chrono::days>(at);
  std::chrono::year_month_day date{day};
  std::chrono::hh_mm_ss clock{at - day};
  return fmt::format(
      "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<instant> parse_rfc3339(std::string_view text) {
  auto day = parse_date(text);
  if (!day || text.size() < 20 || (text[10] != 'T' && text[10] != 't'))
    return std::nullopt;
  text.remove_prefix(11);
  auto clock = parse_clock(text);
  if (!clock)
    return std::nullopt;
  text.remove_prefix(8);
  if (!skip_fraction(text))
    return std::nullopt;
  auto offset = parse_offset(text);
  if (!offset)
    return std::nullopt;
  return *day + *clock - *offset;
}

} // namespace holystone
