#pragma once

// Identities of Kubernetes objects as the rest of the code passes them around.
// Strong types, so that a UID is never mistaken for a name (most operator bugs
// that research found are keys by name where the UID was meant).

#include <compare>
#include <string>

namespace holystone {

/// Names a namespaced object of a kind that the context knows.
struct object_key {
  std::string ns;
  std::string name;

  friend auto operator<=>(const object_key&, const object_key&) = default;
};

/// `namespace/name`, as users read it.
inline std::string to_string(const object_key& key) {
  return key.ns + "/" + key.name;
}

/// The server-given identity of one incarnation of an object.
struct object_uid {
  std::string value;

  friend auto operator<=>(const object_uid&, const object_uid&) = default;
  explicit operator bool() const noexcept {
    return !value.empty();
  }
};

/// An opaque version; only equality means anything.
struct resource_version {
  std::string value;

  friend bool operator==(const resource_version&, const resource_version&)
      = default;
};

} // namespace holystone
