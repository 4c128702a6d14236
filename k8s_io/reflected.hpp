#pragma once

// Which objects are watched, as the API server is asked for them. The reflector
// keeps a view of them; who wants to see some of them anew asks with the same
// selectors.

#include "k8s_io/requests.hpp"

#include <string>

namespace holystone::k8s_io {

/// What to watch.
struct reflected {
  resource kind;
  /// Empty: all namespaces.
  std::string ns = {};
  /// One object's name, or empty.
  std::string name = {};
  std::string label_selector = {};
  std::string field_selector = {};
  /// Names, labels and annotations, never content (P-3).
  bool metadata_only = false;
  /// Does anybody want to know who wrote which field? Lists leave it out
  /// otherwise.
  bool with_managers = true;
};

/// The request that asks for them: a list or a watch, from nowhere yet.
request ask(const reflected& what, verb how);

} // namespace holystone::k8s_io
