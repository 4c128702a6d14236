#pragma once

// What many texts have in common, so that each of them can be kept without it:
// ten thousand repositories are known by facts that differ in names, times and
// identities and in little else. LZ4 does the work, and the book is its
// dictionary. It begins empty and takes up the first texts that it has nothing
// for, so that nobody has to say what is usual. For memory only, as
// folded_bytes.hpp: what was shortened with one book means nothing without that
// book. It may be used by several threads at once. Who keeps it keeps it as
// long as anything that was shortened with it.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace holystone::scheduler {

/// Shortens texts by what others had, and by what they repeat themselves.
class phrase_book {
public:
  /// The text without what this book has. One that it has little of is taken
  /// up, as long as there is room.
  std::string shorten(std::string_view text);

  /// The text that was shortened.
  std::string restore(std::string_view shortened) const;

  /// How many bytes of texts it has taken up.
  std::size_t size() const {
    return size_.load(std::memory_order_acquire);
  }

private:
  // Some texts; LZ4 looks through the book each time.
  static constexpr std::size_t room = 12 << 10;

  void take_up(std::string_view text);

  std::array<char, room> texts_;
  // Only ever grows, and nothing in front of it changes: who reads takes no
  // lock.
  std::atomic<std::size_t> size_ = 0;
  /// One takes up at a time.
  std::mutex writing_;
};

} // namespace holystone::scheduler
