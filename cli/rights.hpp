#pragma once

// What the operator must be allowed to do, and whether it is. The list is that
// of deploy/operator/2-rbac.yaml, right for right; a test compares them. Called
// by `holystone doctor`.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cluster.hpp"
#include "config/options.hpp"

namespace holystone::cli {

/// One thing that the operator does to one kind of object.
struct right {
  std::string_view group;
  /// With the subresource, e.g. `cronjobs/status`.
  std::string_view resource;
  std::string_view verb;
  /// Empty: in all namespaces.
  std::string ns = {};
  /// Of objects with this name only; empty: of all.
  std::string_view name = {};

  friend auto operator<=>(const right&, const right&) = default;
};

/// Everything that an operator with these settings needs.
std::vector<right> needed_rights(const config::options& settings);

/// `patch cronjobs/status (batch) in volsync-system`, for people.
std::string to_string(const right& what);

/// What was found out about them.
struct allowances {
  std::vector<std::string> missing;
  /// Why it could not be found out; empty: it was.
  std::string unknown;
};

/// Asks the API server what a ServiceAccount may; empty: what we may.
allowances ask_rights(cluster& api, const std::vector<right>& needed,
                      const std::string& home, const std::string& account);

} // namespace holystone::cli
