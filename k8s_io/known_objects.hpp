#pragma once

// Which objects a watcher has reported, and with which UIDs: what it takes to
// report the loss of an object that nobody saw deleted, and to notice
// that a name now belongs to another object. It keeps nothing else of them;
// 10,000 objects cost about 0.5 MB. Part of the reflector.

#include "scheduler/object_key.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    return size_;
  }

private:
  // One object: a head, the UID (a usual one as its 16 bytes), and of its key
  // what differs from the first one of its block; all of them one after the
  // other in large blocks. A list comes in the order of keys, so that
  // neighbours begin alike.
  struct head {
    std::uint64_t round : 16 = 0;
    // 0: 16 bytes.
    std::uint64_t uid_length : 12 = 0;
    // Letters of the key that the block's first one begins with as well.
    std::uint64_t shared : 12 = 0;
    std::uint64_t rest_length : 24 = 0;
  };

  struct block {
    std::unique_ptr<char[]> bytes;
    std::string first;
  };

  /// Where an object is: its block and its place there; 0: nowhere.
  using address = std::uint32_t;

  char* at(address where) const;
  head head_of(address where) const;
  // What the block's first key begins with as well, and what differs.
  std::pair<std::string_view, std::string_view> parts_of(address where) const;
  std::string key_of(address where) const;
  bool has_key(address where, std::string_view key) const;
  std::string_view uid_bytes_of(address where) const;
  std::string uid_of(address where) const;
  object_identity identity_of(address where) const;
  std::size_t size_of(address where) const;
  address make(std::string_view key, std::string_view uid, head made);
  void mark(address where);
  void waste(address where);
  std::size_t place_of(std::string_view key) const;
  void grow();
  void erase(std::size_t place);
  void move_together();

  std::vector<block> blocks_;
  // Of the last block.
  std::size_t used_ = 0;
  // By the key's hash, or after it where that was taken. A quarter is always
  // free.
  std::vector<address> slots_;
  std::size_t size_ = 0;
  // Bytes of objects, and of what was one.
  std::size_t lived_in_ = 0;
  std::size_t wasted_ = 0;
  std::uint16_t round_ = 0;
};

} // namespace holystone::k8s_io
