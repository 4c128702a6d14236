#include "scheduler/quantity.hpp"

#include <charconv>
#include <cmath>

namespace holystone::scheduler {

namespace {

/// The factor of a suffix, or 0 when there is no such suffix.
double factor_of(std::string_view suffix) {
  constexpr std::string_view binary = "KMGTPE";
  if (suffix.empty())
    return 1;
  if (suffix.size() == 2 && suffix[1] == 'i') {
    auto i = binary.find(suffix[0]);
    return i == binary.npos ? 0 : std::pow(1024.0, static_cast<double>(i + 1));
  }
  if (suffix.size() == 1) {
    switch (suffix[0]) {
      case 'n':
        return 1e-9;
      case 'u':
        return 1e-6;
      case 'm':
        return 1e-3;
      case 'k':
        return 1e3;
      default:
        break;
    }
    auto i = binary.find(suffix[0]);
    if (i != binary.npos && suffix[0] != 'K')
      return std::pow(1000.0, static_cast<double>(i + 1));
  }
  return 0;
}

} // namespace

std::optional<double> parse_quantity(std::string_view text) {
  auto begin = text.data() + (text.starts_with('+') ? 1 : 0);
  auto end = text.data() + text.size();
  double number = 0;
  // from_chars reads an exponent too: 1e3 is a quantity, 1E is exa.
  auto [rest, failed] = std::from_chars(begin, end, number);
  auto factor = factor_of({rest, static_cast<std::size_t>(end - rest)});
  if (failed != std::errc{} || factor == 0)
    return std::nullopt;
  return number * factor;
}

} // namespace holystone::scheduler
