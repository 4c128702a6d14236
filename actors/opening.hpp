#pragma once

// How far the registry's picture of the cluster is complete: which kinds were
// listed, and which claimed Secrets are still being read. Nobody is elected
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

  /// A Secret is to be read. False when it is being read already.
  bool read(const object_key& secret) {
    return being_read_.insert(secret).second;
  }

  /// A Secret was read.
  void was_read(const object_key& secret) {
    being_read_.erase(secret);
  }

  /// A PersistentVolumeClaim is to be looked at; as above.
  bool read_volume(const object_key& claim) {
    return volumes_being_read_.insert(claim).second;
  }

  /// It was looked at.
  void volume_was_read(const object_key& claim) {
    volumes_being_read_.erase(claim);
  }

  /// Was every kind listed?
  bool is_synced() const {
    return synced_.all();
  }

  /// Has every claim found its place?
  bool is_settled() const {
    return is_synced() && being_read_.empty() && volumes_being_read_.empty();
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
  std::set<object_key> being_read_;
  std::set<object_key> volumes_being_read_;
  std::optional<instant> opens_at_;
  bool is_open_ = false;
};

} // namespace holystone::actors
