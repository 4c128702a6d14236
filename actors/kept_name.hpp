#pragma once

// The name of an object or of a claim as indexes keep it: behind one pointer,
// and shared by all that copy it, so that a claim that five indexes know has
// its name in memory once. It compares with names as they are written
// elsewhere. Plain memory; used by the memories of the registry.

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

/// An `object_key` or a `claim_key`.
template <class Key>
class kept {
public:
  /// Keeps a name of its own; copies of this share it.
  kept(const Key& key) : text_(make(actors::parts_of(key))) {
    // nop
  }

  /// The name as it is written elsewhere.
  Key open() const {
    auto [kind, ns, name] = parts();
    object_key object{std::string{ns}, std::string{name}};
    if constexpr (std::is_same_v<Key, claim_key>)
      return {kind, std::move(object)};
    else
      return object;
  }

  /// The same for a look.
  name_parts parts() const {
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

/// Something for each name; asked with names as they are written elsewhere.
template <class Key, class T>
using name_map = boost::container::flat_map<kept<Key>, T, std::less<>>;

} // namespace holystone::actors
