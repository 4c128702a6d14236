#include "scheduler/cron_words.hpp"

#include <array>

namespace holystone::scheduler {

namespace {

// White space beyond ASCII in UTF-8: U+0085, U+00A0, U+1680, U+2000 to U+200A,
// U+2028, U+2029, U+202F, U+205F, U+3000.
constexpr std::array<std::string_view, 19> wide_spaces{
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80",
    "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84",
    "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
    "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9",
    "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

// The number of bytes of the space that stands at `at`; 0 for anything else.
std::size_t space_size(std::string_view text, std::size_t at) {
  auto rest = text.substr(at);
  if (rest[0] == ' ' || (rest[0] >= '\t' && rest[0] <= '\r'))
    return 1;
  for (auto space : wide_spaces)
    if (rest.starts_with(space))
      return space.size();
  return 0;
}

} // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos)
      return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    auto space = space_size(text, at);
    if (space == 0) {
      ++at;
      continue;
    }
    if (at > begin)
      words.push_back(text.substr(begin, at - begin));
    at += space;
    begin = at;
  }
  if (text.size() > begin)
    words.push_back(text.substr(begin));
  return words;
}

std::string_view trim(std::string_view text) {
  auto words = split_words(text);
  if (words.empty())
    return {};
  auto first = words.front().data();
  auto last = words.back().data() + words.back().size();
  return {first, static_cast<std::size_t>(last - first)};
}

std::string quoted(std::string_view text) {
  constexpr std::size_t limit = 80;
  constexpr std::size_t kept = 30;
  std::string out = "\"";
  if (text.size() <= limit)
    out += text;
  else
    out.append(text.substr(0, kept))
        .append("...")
        .append(text.substr(text.size() - kept));
  return out += '"';
}

} // namespace holystone::scheduler
