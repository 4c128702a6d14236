#pragma once

// The name of an object or of a claim as indexes keep it, or a text such as a
// repository's hash: behind one pointer, and shared by all that copy it, so
// that a claim that five indexes know has its name in memory once. It compares
// with names as they are written elsewhere. Plain memory; used by the memories
// of the registry.

#include "actors/messages.hpp"

#include <boost/container/flat_map.hpp>
#include <boost/container/flat_set.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace holystone::actors {

/// Kind, namespace and name, in the order in which names are compared.
using name_parts = std::tuple<claim_kind, std::string_view, std::string_view>;

inline name_parts parts_of(const object_key& key) {
  return {{}, key.ns, key.name};
}
inline name_parts parts_of(const claim_key& key) {
  return {key.kind, key.object.ns, key.object.name};
}

inline name_parts parts_of(const std::string& text) {
  return {{}, {}, text};
}

/// An `object_key`, a `claim_key` or a text.
template <class Key>
class kept {
public:
  /// The empty name.
  kept() = default;

  /// Keeps a name of its own; copies of this share it.
  kept(const Key& key) : text_(make(actors::parts_of(key))) {
    // nop
  }
  kept(const char* text) requires std::is_same_v<Key, std::string>
      : kept(std::string{text}) {
    // nop
  }

  /// The name as it is written elsewhere.
  Key open() const {
    auto [kind, ns, name] = parts();
    if constexpr (std::is_same_v<Key, claim_key>)
      return {kind, {std::string{ns}, std::string{name}}};
    else if constexpr (std::is_same_v<Key, object_key>)
      return {std::string{ns}, std::string{name}};
    else
      return std::string{name};
  }

  /// The same for a look.
  name_parts parts() const {
    if (!text_)
      return {};
    const auto* ns = text_->letters();
    return {text_->kind,
            {ns, text_->ns_length},
            {ns + text_->ns_length, text_->name_length}};
  }

  friend auto operator<=>(const kept& a, const kept& b) {
    return a.parts() <=> b.parts();
  }
  friend bool operator==(const kept& a, const kept& b) {
    return a.text_ == b.text_ || a.parts() == b.parts();
  }
  friend auto operator<=>(const kept& a, const Key& b) {
    return a.parts() <=> parts_of(b);
  }
  friend bool operator==(const kept& a, const Key& b) {
    return a.parts() == parts_of(b);
  }

private:
  /// What stands in front of the letters.
  struct head {
    std::atomic<std::uint32_t> keepers = 0;
    claim_kind kind{};
    std::uint32_t ns_length = 0;
    std::uint32_t name_length = 0;

    char* letters() {
      return reinterpret_cast<char*>(this + 1);
    }

    friend void intrusive_ptr_add_ref(head* one) {
      one->keepers.fetch_add(1, std::memory_order_relaxed);
    }
    friend void intrusive_ptr_release(head* one) {
      if (one->keepers.fetch_sub(1, std::memory_order_acq_rel) > 1)
        return;
      one->~head();
      ::operator delete(one);
    }
  };

  static head* make(const name_parts& from) {
    const auto& [kind, ns, name] = from;
    auto* made
        = new (::operator new(sizeof(head) + ns.size() + name.size())) head;
    made->kind = kind;
    made->ns_length = static_cast<std::uint32_t>(ns.size());
    made->name_length = static_cast<std::uint32_t>(name.size());
    ns.copy(made->letters(), ns.size());
    name.copy(made->letters() + ns.size(), name.size());
    return made;
  }

  boost::intrusive_ptr<head> text_;
};

/// Of names and texts, however they are written.
struct name_hash {
  using is_transparent = void;

  template <class Name>
  std::size_t operator()(const Name& name) const {
    const auto& [kind, ns, text] = parts(name);
    std::hash<std::string_view> hash;
    return (static_cast<std::size_t>(kind) + hash(ns)) * 31 + hash(text);
  }

private:
  template <class Key>
  static name_parts parts(const kept<Key>& name) {
    return name.parts();
  }
  template <class Key>
  static name_parts parts(const Key& name) {
    return parts_of(name);
  }
};

/// Something for each name; asked with names as they are written elsewhere.
template <class Key, class T>
using name_map = boost::container::flat_map<kept<Key>, T, std::less<>>;

} // namespace holystone::actors
