#include "scheduler/zone_rule.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace holystone::scheduler {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c))
    return false;
  text.remove_prefix(1);
  return true;
}

bool take_number(std::string_view& text, int low, int high, int& out) {
  auto [end, failure]
      = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{} || out < low || out > high)
    return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

// `CET` or `<+0330>`.
bool take_name(std::string_view& text) {
  std::size_t n = 0;
  if (text.starts_with('<')) {
    n = text.find('>');
    if (n == std::string_view::npos)
      return false;
    text.remove_prefix(n + 1);
    return true;
  }
  auto is_letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  while (n < text.size() && is_letter(text[n]))
    ++n;
  text.remove_prefix(n);
  return n >= 3;
}

// `[+-]h[h][h][:mm[:ss]]`; hours up to a week, as zone files use them.
bool take_time(std::string_view& text, seconds& out) {
  auto is_negative = take(text, '-');
  if (!is_negative)
    take(text, '+');
  int hours = 0;
  int minutes = 0;
  int rest = 0;
  if (!take_number(text, 0, 167, hours))
    return false;
  if (take(text, ':') && !take_number(text, 0, 59, minutes))
    return false;
  if (take(text, ':') && !take_number(text, 0, 59, rest))
    return false;
  out = seconds{hours * 3600 + minutes * 60 + rest};
  if (is_negative)
    out = -out;
  return true;
}

// `,M3.5.0/2`, `,J60` or `,59`.
bool take_change(std::string_view& text, zone_change& out) {
  if (!take(text, ','))
    return false;
  auto is_read = false;
  if (take(text, 'M')) {
    is_read = take_number(text, 1, 12, out.month) && take(text, '.')
              && take_number(text, 1, 5, out.week) && take(text, '.')
              && take_number(text, 0, 6, out.day);
  } else if (take(text, 'J')) {
    out.kind = 'J';
    is_read = take_number(text, 1, 365, out.day);
  } else {
    out.kind = 'N';
    is_read = take_number(text, 0, 365, out.day);
  }
  return is_read && (!take(text, '/') || take_time(text, out.time));
}

sys_days day_of(year in, const zone_change& change) {
  using namespace std::chrono;
  auto start = sys_days{in / January / 1};
  if (change.kind == 'N')
    return start + days{change.day};
  if (change.kind == 'J')
    return start + days{change.day - 1 + (in.is_leap() && change.day > 59)};
  auto on = weekday{static_cast<unsigned>(change.day)};
  auto month_of = in / static_cast<int>(change.month);
  if (change.week == 5)
    return sys_days{month_of / on[last]};
  return sys_days{month_of / on[static_cast<unsigned>(change.week)]};
}

} // namespace

std::optional<zone_rule> zone_rule::parse(std::string_view text) {
  zone_rule out;
  if (!take_name(text) || !take_time(text, out.standard_))
    return std::nullopt;
  // POSIX counts offsets to the west.
  out.standard_ = -out.standard_;
  if (!take_name(text))
    return std::nullopt;
  out.summer_ = out.standard_ + seconds{3600};
  if (!text.starts_with(',')) {
    if (!take_time(text, out.summer_))
      return std::nullopt;
    out.summer_ = -out.summer_;
  }
  if (!take_change(text, out.to_summer_) || !take_change(text, out.to_standard_)
      || !text.empty())
    return std::nullopt;
  return out;
}

offset_span zone_rule::span(instant at) const {
  struct entry {
    instant since;
    seconds offset;
  };
  auto date = std::chrono::year_month_day{std::chrono::floor<days>(at)};
  auto middle = static_cast<int>(date.year());
  std::array<entry, 6> changes;
  for (std::size_t i = 0; i < 3; ++i) {
    auto in = middle - 1 + static_cast<int>(i);
    changes[2 * i] = {change_in(in, to_summer_, standard_), summer_};
    changes[2 * i + 1] = {change_in(in, to_standard_, summer_), standard_};
  }
  std::sort(changes.begin(), changes.end(),
            [](auto& a, auto& b) { return a.since < b.since; });
  auto next = std::find_if(changes.begin() + 1, changes.end() - 1,
                           [&](auto& change) { return change.since > at; });
  return {(next - 1)->since, next->since, (next - 1)->offset};
}

// `offset` is the one that holds until the change.
instant zone_rule::change_in(int in, const zone_change& change,
                             seconds offset) const {
  return day_of(year{in}, change) + change.time - offset;
}

} // namespace holystone::scheduler
