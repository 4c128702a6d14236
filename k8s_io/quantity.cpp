#include "k8s_io/quantity.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string_view>

namespace holystone::k8s_io {

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

/// The text of a quantity, which may be written as a number.
std::string text_of(const boost::json::value& quantity) {
  if (const auto* written = quantity.if_string())
    return std::string{*written};
  return boost::json::serialize(quantity);
}

} // namespace

std::optional<double> amount_of(const boost::json::value& quantity) {
  auto text = text_of(quantity);
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

std::string normal_quantity(const boost::json::value& quantity) {
  auto amount = amount_of(quantity);
  return amount ? fmt::format("{:.17g}", *amount) : text_of(quantity);
}

} // namespace holystone::k8s_io
