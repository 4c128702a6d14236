#include "scheduler/percent_coding.hpp"

namespace holystone {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto is_triple = text[i] == '%' && i + 2 < text.size()
                     && hex_digit(text[i + 1]) >= 0
                     && hex_digit(text[i + 2]) >= 0;
    if (!is_triple) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(hex_digit(text[i + 1]) * 16
                             + hex_digit(text[i + 2]));
    i += 2;
  }
  return out;
}

} // namespace holystone
