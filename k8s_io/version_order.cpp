#include "k8s_io/version_order.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace holystone::k8s_io {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return value;
}

} // namespace

bool is_newer(std::string_view a, std::string_view b) {
  auto left = number(a);
  auto right = number(b);
  return left && right && *left > *right;
}

} // namespace holystone::k8s_io
