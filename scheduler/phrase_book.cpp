#include "scheduler/phrase_book.hpp"

#include <lz4.h>

#include <cstring>

namespace holystone::scheduler {

namespace {

constexpr std::size_t longest_taken_up = 4096;
constexpr std::size_t shortest_taken_up = 64;

/// What stands before what LZ4 made of a text.
struct head {
  std::uint32_t length = 0;
  /// So much of the book was there.
  std::uint16_t known = 0;

  static constexpr std::size_t size = sizeof length + sizeof known;

  void write(char* to) const {
    std::memcpy(to, &length, sizeof length);
    std::memcpy(to + sizeof length, &known, sizeof known);
  }

  static head read(const char* from) {
    head one;
    std::memcpy(&one.length, from, sizeof one.length);
    std::memcpy(&one.known, from + sizeof one.length, sizeof one.known);
    return one;
  }
};

} // namespace

std::string phrase_book::shorten(std::string_view text) {
  auto known = size();
  auto length = static_cast<int>(text.size());
  auto most = LZ4_compressBound(length);
  std::string parts(head::size + static_cast<std::size_t>(most), '\0');
  head{static_cast<std::uint32_t>(length), static_cast<std::uint16_t>(known)}
      .write(parts.data());
  LZ4_stream_t stream;
  LZ4_initStream(&stream, sizeof stream);
  LZ4_loadDict(&stream, texts_.data(), static_cast<int>(known));
  auto made = LZ4_compress_fast_continue(
      &stream, text.data(), parts.data() + head::size, length, most, 1);
  parts.resize(head::size + static_cast<std::size_t>(made));
  // Many of a size would leave no room for a longer one, which holds as much.
  if (parts.size() * 8 > text.size() * 3 && text.size() >= shortest_taken_up
      && text.size() <= longest_taken_up && text.size() * 2 > known)
    take_up(text);
  return parts;
}

void phrase_book::take_up(std::string_view text) {
  std::scoped_lock lock{writing_};
  auto before = size();
  if (before + text.size() > room)
    return;
  text.copy(texts_.data() + before, text.size());
  size_.store(before + text.size(), std::memory_order_release);
}

std::string phrase_book::restore(std::string_view shortened) const {
  auto [length, known] = head::read(shortened.data());
  shortened.remove_prefix(head::size);
  std::string text(length, '\0');
  LZ4_decompress_safe_usingDict(shortened.data(), text.data(),
                                static_cast<int>(shortened.size()),
                                static_cast<int>(length), texts_.data(), known);
  return text;
}

} // namespace holystone::scheduler
