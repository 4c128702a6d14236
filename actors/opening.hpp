#pragma once

// How far the registry's picture of the cluster is complete: which kinds were
// listed, and what placing claims takes is still being read. Nobody is elected
// and nothing is cleared away before. Plain memory; kept by the
// registry.

#include "actors/messages.hpp"

#include <bitset>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holystone::actors {

/// From the first list to a picture that may be acted on.
class opening {
public:
  /// A kind was listed. True when it was the last one.
  bool complete(watched_kind kind, instant now);

  /// This is to be read. False when it is being read already.
  bool read(const readable& what) {
    return being_read_.insert(what).second;
  }

  /// This was read.
  void was_read(const readable& what) {
    being_read_.erase(what);
  }

  /// Was every kind listed?
  bool is_synced() const {
    return synced_.all();
  }

  /// Has every claim found its place?
  bool is_settled() const {
    return is_synced() && being_read_.empty();
  }

  /// Was it settled once, or did that take too long? A Secret that can't be
  /// read must not hold up all the others.
  bool is_open() const {
    return is_open_;
  }

  /// Opens if it is time. True when it was closed before.
  bool open(instant now);

  /// When it opens at the latest.
  std::optional<instant> opens_at() const {
    return opens_at_;
  }

  /// The kinds that were not listed yet.
  std::vector<std::string> missing() const;

private:
  std::bitset<watched_kinds> synced_;
  std::set<readable> being_read_;
  std::optional<instant> opens_at_;
  bool is_open_ = false;
};

} // namespace holystone::actors
