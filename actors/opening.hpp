#pragma once

// How far the registry's picture of the cluster is complete: which kinds were
// listed, and whether it may be acted on. Nobody is elected and nothing is
// cleared away before. Plain memory; kept by the registry.

#include "actors/messages.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holystone::actors {

/// From the first list to a picture that may be acted on.
class opening {
public:
  /// Waits for these.
  explicit opening(const std::vector<watched_place>& places = {});

  /// A kind was listed there. True when it was the last one.
  bool complete(const watched_place& place, instant now);

  /// Was everything listed?
  bool is_synced() const {
    return unlisted_.empty();
  }

  /// Was everything read once, or did that take too long? A Secret that can't
  /// be read must not hold up all the others.
  bool is_open() const {
    return is_open_;
  }

  /// Something that may have to be read shows only now.
  void prolong(instant now);

  /// Opens if it is time, given whether all that placing claims takes was read.
  /// True when it was closed before.
  bool open(instant now, bool all_read);

  /// When it opens at the latest.
  std::optional<instant> opens_at() const {
    return opens_at_;
  }

  /// What was not listed yet, for people.
  std::vector<std::string> missing() const;

private:
  std::set<watched_place> unlisted_;
  std::optional<instant> opens_at_;
  bool is_open_ = false;
};

} // namespace holystone::actors
