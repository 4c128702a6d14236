#pragma once

// The objects and their history: what etcd and the watch cache are to a real
// server. An object is kept as serialised JSON (10,000 of 1.5 KB are 15 MB;
// as a DOM they would be four times that) and every version is immutable and
// shared between the present, the history and running watches. It knows no
// verb and checks nothing. Used by the verbs through `server_core`.

#include "scheduler/object_key.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holystone::simulator {

/// One version of one object; never changes.
struct stored {
  object_key key;
  std::string uid;
  std::uint64_t version = 0;
  /// The whole object, its resourceVersion included.
  std::string text;
  /// UIDs of its owners.
  std::vector<std::string> owners;

  /// The object as a value.
  boost::json::value value() const;
};

using stored_ptr = std::shared_ptr<const stored>;

/// One write: `before` is null for a creation; for a deletion `after` holds
/// the last state with the version of the deletion.
struct write_event {
  std::uint64_t version = 0;
  bool deleted = false;
  stored_ptr before;
  stored_ptr after;
};

/// Where an object lives.
struct object_place {
  std::string kind_id;
  object_key key;

  friend auto operator<=>(const object_place&, const object_place&) = default;
};

/// All objects of one kind and what happened to them.
struct collection {
  std::map<object_key, stored_ptr> objects;
  std::deque<write_event> history;
  /// Events up to this version are forgotten.
  std::uint64_t compacted = 0;
};

/// All collections under one version counter.
class object_store {
public:
  explicit object_store(std::size_t event_window) : window_(event_window) {
    // nop
  }

  /// The newest version.
  std::uint64_t version() const {
    return version_;
  }

  /// The collection of a kind; made when absent.
  collection& of(const std::string& kind_id) {
    return collections_[kind_id];
  }

  /// The newest state of an object; null when absent.
  stored_ptr find(const std::string& kind_id, const object_key& key) const;

  /// Writes an object under a new version, which it sets in the metadata.
  stored_ptr put(const std::string& kind_id, boost::json::value& object);

  /// Removes an object; the event carries `last` with a new version.
  void erase(const std::string& kind_id, boost::json::value last);

  /// Forgets the history of all kinds.
  void compact();

  /// Begins the history of a kind here: older versions are unknown to it.
  void begin(const std::string& kind_id) {
    of(kind_id).compacted = version_;
  }

  /// Removes a kind with everything in it; its watches end.
  void drop(const std::string& kind_id) {
    collections_.erase(kind_id);
  }

  /// The objects as they were at a version; false when that is forgotten.
  bool at(const std::string& kind_id, std::uint64_t version,
          std::map<object_key, stored_ptr>& out);

  /// Where the living object with this UID is; null when there is none.
  const object_place* place_of(std::string_view uid) const;

  /// The objects that name this UID as an owner.
  std::vector<object_place> owned_by(std::string_view uid) const;

  /// Every written place since the last call, each once (garbage collection
  /// reads it).
  std::set<object_place> take_touched();

  /// Puts a place back for the next round.
  void touch(object_place place) {
    touched_.insert(std::move(place));
  }

  /// Is anything waiting for `take_touched`?
  bool has_touched() const {
    return !touched_.empty();
  }

private:
  void index(const std::string& kind_id, const stored* before,
             const stored* after);
  void remember(collection& kind, write_event event);

  std::size_t window_;
  std::uint64_t version_ = 1;
  std::map<std::string, collection> collections_;
  std::unordered_map<std::string, object_place> places_;
  std::unordered_map<std::string, std::set<object_place>> dependents_;
  std::set<object_place> touched_;
};

} // namespace holystone::simulator
