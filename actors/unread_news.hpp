#pragma once

// What an actor was told and has not looked at yet, in order: as bytes, because
// at a start ten thousand repositories wait for the last of their news and
// nobody may act before. Plain memory; kept by observed.hpp.

#include "actors/messages.hpp"

#include <cstddef>
#include <variant>
#include <vector>

namespace holystone::actors {

/// One thing that a repository is told.
using repository_news = std::variant<fact, claimant>;

/// News that wait, the oldest first.
class unread_news {
public:
  /// The next.
  void add(const fact& news);
  void add(const claimant& news);

  /// The first of those that are there; it is gone then.
  repository_news take_first();

  /// Is there none?
  bool empty() const {
    return taken_ == bytes_.size();
  }

  /// Are they so many that somebody should look at them?
  bool is_full() const {
    return bytes_.size() >= most_bytes;
  }

private:
  /// Some facts: with ten thousand repositories more would be felt at a start,
  /// and less would mean to take them in one by one.
  static constexpr std::size_t most_bytes = 1 << 10;

  template <class News>
  void put(std::size_t which, const News& news);

  std::vector<char> bytes_;
  std::size_t taken_ = 0;
};

} // namespace holystone::actors
