#include "scheduler/duration.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "scheduler/cron_words.hpp"

namespace holystone::scheduler {

namespace {

constexpr auto most = std::uint64_t{1} << 63U;

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> units{{
    {"ns", 1},
    {"us", 1'000},
    {"\xC2\xB5s", 1'000}, // U+00B5, micro sign
    {"\xCE\xBCs", 1'000}, // U+03BC, Greek mu
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct amount {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;
  double scale = 1;
  bool has_digits = false;
};

// Consumes the digits before and after the point; false on overflow. Digits
// of a fraction that no longer fit are dropped, as Go does.
bool take_amount(std::string_view& text, amount& out) {
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    if (out.whole > most / 10)
      return false;
    out.whole = out.whole * 10 + static_cast<unsigned>(text[0] - '0');
    out.has_digits = true;
    if (out.whole > most)
      return false;
  }
  if (text.empty() || text[0] != '.')
    return true;
  text.remove_prefix(1);
  auto full = false;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    out.has_digits = true;
    auto digit = static_cast<unsigned>(text[0] - '0');
    full = full || out.fraction > (most - 1) / 10
           || out.fraction * 10 + digit > most;
    if (!full) {
      out.fraction = out.fraction * 10 + digit;
      out.scale *= 10;
    }
  }
  return true;
}

std::string_view take_unit(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && text[n] != '.' && !is_digit(text[n]))
    ++n;
  auto unit = text.substr(0, n);
  text.remove_prefix(n);
  return unit;
}

std::uint64_t unit_size(std::string_view unit) {
  for (auto& [name, size] : units)
    if (name == unit)
      return size;
  return 0;
}

// Adds one amount with its unit to `sum`; an empty string is success.
std::string take_part(std::string_view& text, std::uint64_t& sum) {
  amount part;
  if (!take_amount(text, part))
    return "is too long";
  if (!part.has_digits)
    return "needs a number before each unit";
  auto unit = take_unit(text);
  if (unit.empty())
    return "lacks a unit after the last number (h, m, s, ms, us or ns)";
  auto size = unit_size(unit);
  if (size == 0)
    return "has the unknown unit " + quoted(unit)
           + "; use h, m, s, ms, us or ns";
  if (part.whole > most / size)
    return "is too long";
  auto value = part.whole * size;
  if (part.fraction > 0)
    value += static_cast<std::uint64_t>(
        static_cast<double>(part.fraction)
        * (static_cast<double>(size) / part.scale));
  if (value > most || (sum += value) > most)
    return "is too long";
  return {};
}

} // namespace

result<std::chrono::nanoseconds> parse_go_duration(std::string_view text) {
  auto subject = "duration " + quoted(text);
  auto negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "0")
    return std::chrono::nanoseconds{0};
  if (text.empty())
    return error{subject + " is empty; write e.g. 1h30m"};
  std::uint64_t sum = 0;
  while (!text.empty())
    if (auto why = take_part(text, sum); !why.empty())
      return error{subject + " " + why};
  if (!negative && sum == most)
    return error{subject + " is too long"};
  // The bit pattern of 2^63 is that of the smallest number already.
  auto count = static_cast<std::int64_t>(negative ? ~sum + 1 : sum);
  return std::chrono::nanoseconds{count};
}

} // namespace holystone::scheduler
