#include "k8s_io/quantity.hpp"

#include "scheduler/quantity.hpp"

#include <array>
#include <charconv>

namespace holystone::k8s_io {

namespace {

/// The text of a quantity, which may be written as a number.
std::string text_of(const boost::json::value& quantity) {
  if (const auto* written = quantity.if_string())
    return std::string{*written};
  return boost::json::serialize(quantity);
}

} // namespace

std::optional<double> amount_of(const boost::json::value& quantity) {
  return scheduler::parse_quantity(text_of(quantity));
}

std::string normal_quantity(const boost::json::value& quantity) {
  auto amount = amount_of(quantity);
  if (!amount)
    return text_of(quantity);
  // As `%.17g` has it: sign, point and exponent add six more.
  std::array<char, 32> text;
  auto made = std::to_chars(text.data(), text.data() + text.size(), *amount,
                            std::chars_format::general, 17);
  return {text.data(), made.ptr};
}

} // namespace holystone::k8s_io
