#include "scheduler/short_hash.hpp"

#include "scheduler/sha256.hpp"

#include <fmt/format.h>

namespace holystone::scheduler {

std::string short_hash(std::string_view text) {
  constexpr std::size_t digits = 16;
  auto digest = sha256(text);
  std::string hex;
  for (std::size_t i = 0; i < digits / 2; ++i)
    hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

} // namespace holystone::scheduler
