#include "simulator/values.hpp"

#include "scheduler/time.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace holystone::simulator {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

} // namespace

bool is_date_time(std::string_view text) {
  return parse_rfc3339(text).has_value();
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
      }));
}

bool is_quantity(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-'))
    text.remove_prefix(1);
  std::size_t digits = 0;
  bool dot = false;
  while (!text.empty() && (is_digit(text.front()) || text.front() == '.')) {
    if (text.front() == '.' && std::exchange(dot, true))
      return false;
    digits += is_digit(text.front()) ? 1 : 0;
    text.remove_prefix(1);
  }
  if (digits == 0)
    return false;
  static constexpr std::array<std::string_view, 16> suffixes{
      "",  "n", "u",  "m",  "k",  "M",  "G",  "T",
      "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  if (std::find(suffixes.begin(), suffixes.end(), text) != suffixes.end())
    return true;
  if (text.front() != 'e' && text.front() != 'E')
    return false;
  text.remove_prefix(1);
  if (!text.empty() && (text.front() == '+' || text.front() == '-'))
    text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

} // namespace holystone::simulator
