#pragma once

// The two forms of `holystone release`, once the flags are read: of one
// repository's lock, and of all that is ours, which is the way back to the
// fork. Called by release.cpp, which declares the command.

#include <chrono>
#include <string>

#include "cli/cluster.hpp"

namespace holystone::cli {

/// What `holystone release --all` was asked for.
struct withdrawal {
  /// The operator's.
  std::string ns;
  /// Otherwise it only tells what it would do.
  bool is_sure = false;
  /// How long to wait for what still runs.
  std::chrono::seconds timeout{0};
};

/// Removes all that the operator made, except caches, conditions and what still
/// runs. The exit code.
int release_all(cluster& api, const withdrawal& how);

/// Says on stderr why the command failed. The exit code.
int fail(const std::string& why);

} // namespace holystone::cli
