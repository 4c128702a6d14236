#pragma once

// Where in a text of JSON a reader is that goes through it from mark to mark:
// how deep in braces, and whether in a string. It knows no more of the grammar,
// so that what it is used to cut out must still be parsed. headline.hpp and
// list_pages.hpp cut with it.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace holystone::k8s_io {

/// A place in a text of JSON; before its first character at the start.
class json_place {
public:
  /// Goes over the characters at the beginning of `text` that mean nothing
  /// here and says how many they were: next comes a quote or a backslash and,
  /// outside of strings, a brace or a bracket.
  std::size_t skip(std::string_view text) const {
    if (is_escaped_)
      return 0;
    const auto* at = text.data();
    const auto* end = at + text.size();
    if (is_in_string_)
      at = next_in_string(at, end);
    else
      while (at != end && meaning_of(*at) == meaning::none)
        ++at;
    return static_cast<std::size_t>(at - text.data());
  }

  /// Goes on by one character.
  void follow(char c) {
    if (is_escaped_)
      is_escaped_ = false;
    else if (is_in_string_)
      follow_in_string(c);
    else
      follow_outside(meaning_of(c));
  }

  /// Inside how many braces and brackets; negative in what is no JSON.
  int depth() const noexcept {
    return depth_;
  }

  /// Between a string's quotes?
  bool is_in_string() const noexcept {
    return is_in_string_;
  }

private:
  /// Most of a text of JSON is strings: eight characters at a time.
  static const char* next_in_string(const char* at, const char* end) {
    if constexpr (std::endian::native == std::endian::little)
      while (end - at >= 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, at, sizeof eight);
        if (auto found = places_of('"', eight) | places_of('\\', eight))
          return at + std::countr_zero(found) / 8;
        at += 8;
      }
    while (at != end && *at != '"' && *at != '\\')
      ++at;
    return at;
  }

  /// The highest bit of the first byte that is `c`; perhaps those of others
  /// after it.
  static std::uint64_t places_of(char c, std::uint64_t eight) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    auto zeros = eight ^ (ones * static_cast<unsigned char>(c));
    return (zeros - ones) & ~zeros & (ones << 7);
  }

  enum class meaning : unsigned char { none, quote, escape, opens, closes };

  static constexpr auto meanings = [] {
    std::array<meaning, 256> all{};
    all['"'] = meaning::quote;
    all['\\'] = meaning::escape;
    all['{'] = all['['] = meaning::opens;
    all['}'] = all[']'] = meaning::closes;
    return all;
  }();

  void follow_in_string(char c) {
    is_escaped_ = c == '\\';
    is_in_string_ = c != '"';
  }

  void follow_outside(meaning what) {
    is_in_string_ = what == meaning::quote;
    depth_ += what == meaning::opens;
    depth_ -= what == meaning::closes;
  }

  static meaning meaning_of(char c) {
    return meanings[static_cast<unsigned char>(c)];
  }

  int depth_ = 0;
  bool is_in_string_ = false;
  bool is_escaped_ = false;
};

} // namespace holystone::k8s_io
