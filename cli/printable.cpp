#include "cli/printable.hpp"

#include <fmt/format.h>

#include <iterator>

namespace holystone::cli {

namespace {

/// The control character that the text begins with, and how long it is there;
/// a length of 0: it begins with none.
struct control {
  unsigned code = 0;
  std::size_t size = 0;
};

control first_control(std::string_view text) {
  auto byte = [&](std::size_t at) -> unsigned {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7f)
    return {byte(0), 1};
  // U+0080 to U+009F, e.g. CSI, which some terminals obey.
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0)
    return {byte(1), 2};
  return {};
}

} // namespace

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    auto found = first_control(text);
    if (found.size == 0)
      shown += text[0];
    else if (found.code == '\n')
      shown += "\\n";
    else if (found.code == '\t')
      shown += "\\t";
    else
      fmt::format_to(std::back_inserter(shown), "\\x{:02x}", found.code);
    text.remove_prefix(found.size == 0 ? 1 : found.size);
  }
  return shown;
}

} // namespace holystone::cli
