#include "k8s_io/quantity.hpp"

#include "scheduler/quantity.hpp"

#include <fmt/format.h>

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
  return amount ? fmt::format("{:.17g}", *amount) : text_of(quantity);
}

} // namespace holystone::k8s_io
