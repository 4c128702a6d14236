// The bytes of a watch: however they are cut into pieces, the lines are the
// same, and a line that parses is the event that skimming it tells.

#include "k8s_io/watch_lines.hpp"
#include "claim.hpp"

using namespace holystone;
using namespace holystone::k8s_io;

namespace {

constexpr std::size_t longest = 4096;

std::vector<std::string> cut(std::string_view bytes, std::size_t piece,
                             bool& holds) {
  line_splitter splitter{longest};
  std::vector<std::string> lines;
  holds = true;
  for (std::size_t at = 0; holds && at < bytes.size(); at += piece)
    holds = splitter.feed(bytes.substr(at, piece), lines);
  return lines;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0)
    return 0;
  auto piece = 1 + static_cast<std::size_t>(data[0]);
  auto bytes = fuzz::text_of(data + 1, size - 1);
  bool whole = false;
  bool pieces = false;
  auto lines = cut(bytes, std::max<std::size_t>(bytes.size(), 1), whole);
  auto same = cut(bytes, piece, pieces);
  fuzz::claim(whole == pieces, "a line is too long however it comes");
  fuzz::claim(!whole || lines == same, "pieces make the same lines");
  for (const auto& line : same) {
    auto skimmed = skim_watch_line(line);
    auto event = parse_watch_line(line, {});
    if (event && skimmed)
      fuzz::claim(event->type == skimmed->type, "both tell the same type");
  }
  return 0;
}
