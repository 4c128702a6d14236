#include "scheduler/short_text.hpp"

namespace holystone::scheduler {

std::string shorten(std::string_view text, std::size_t most) {
  if (text.size() <= most)
    return std::string{text};
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return std::string{text.substr(0, end)};
}

} // namespace holystone::scheduler
