#pragma once

// Which objects a watcher has reported, and with which UIDs: what it takes to
// report the loss of an object that nobody saw deleted, and to notice
// that a name now belongs to another object. It keeps nothing else of them;
// 10,000 objects cost less than 2 MB. Part of the reflector.

#include "scheduler/object_key.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace holystone::k8s_io {

/// One object, once.
struct object_identity {
  object_key key;
  object_uid uid;

  friend auto operator<=>(const object_identity&, const object_identity&)
      = default;
};

/// A set of identities with one UID a key.
class known_objects {
public:
  /// Notes an object. Returns the UID that the key had, if that was another.
  std::optional<object_uid> note(const object_identity& object);

  /// Forgets an object; false when the key is unknown or has another UID.
  bool forget(const object_identity& object);

  /// Forgets the object of that name, whichever it is, and returns its UID.
  std::optional<object_uid> forget(const object_key& name);

  /// From here on objects count as seen only when they are noted again.
  void begin_round() noexcept {
    ++round_;
  }

  /// Forgets every object that was not noted in this round and hands it to
  /// `lost`.
  void end_round(const std::function<void(const object_identity&)>& lost);

  /// Objects known.
  std::size_t size() const noexcept {
    return entries_.size();
  }

private:
  // Namespace, name and UID in one allocation, separated by slashes, which
  // occur in none of them.
  struct entry {
    std::string text;
    std::uint32_t key_length;
    mutable std::uint32_t round;

    std::string_view key() const noexcept {
      return std::string_view{text}.substr(0, key_length);
    }
    std::string_view uid() const noexcept {
      return std::string_view{text}.substr(key_length + 1);
    }
  };

  struct by_key {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept {
      return std::hash<std::string_view>{}(key);
    }
    std::size_t operator()(const entry& what) const noexcept {
      return (*this)(what.key());
    }
    bool operator()(const entry& a, const entry& b) const noexcept {
      return a.key() == b.key();
    }
    bool operator()(std::string_view a, const entry& b) const noexcept {
      return a == b.key();
    }
    bool operator()(const entry& a, std::string_view b) const noexcept {
      return a.key() == b;
    }
  };

  static object_identity identity_of(const entry& what);

  std::unordered_set<entry, by_key, by_key> entries_;
  std::uint32_t round_ = 0;
};

} // namespace holystone::k8s_io
