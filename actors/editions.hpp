#pragma once

// Which objects of a kind there are, and nothing of them but their incarnation
// and version (P-3): enough to know whether what was read of one still holds.
// Plain memory; placement.hpp keeps one for each kind that claims name.

#include "actors/kept_name.hpp"
#include "actors/messages.hpp"
#include "scheduler/folded.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace holystone::actors {

/// An object's incarnation and version.
struct edition {
  object_uid uid;
  std::string version;

  friend bool operator==(const edition&, const edition&) = default;
};

/// Editions by the object's name.
class editions {
public:
  /// The object is now like this. False when it was known so.
  bool learn(const kept<object_key>& key, const edition& now_is);

  /// The object is gone. False when there was none.
  bool forget(const object_key& key);

  /// Its edition, if there is such an object.
  std::optional<edition> find(const object_key& key) const;

  /// The name as it is kept, to be shared; null: there is no such object.
  const kept<object_key>* name_of(const object_key& key) const;

  /// Little more will come.
  void shrink_to_fit() {
    known_.shrink_to_fit();
  }

  std::size_t size() const {
    return known_.size();
  }

private:
  name_map<object_key, folded<edition>> known_;
};

} // namespace holystone::actors
