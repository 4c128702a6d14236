#pragma once

// Which data an rclone `remote:path` means. The name alone says nothing: it is
// a section of the configuration in the same Secret, so the identity holds a
// fingerprint of that section without its credentials. Only the rclone
// backend of scheduler/kopia_backends.hpp calls it.

#include "scheduler/result.hpp"

#include <string>
#include <string_view>

namespace holystone::scheduler {

/// A remote as the identity sees it.
struct rclone_remote {
  /// Fingerprint of the configuration that selects the data.
  std::string fingerprint;
  /// The path behind the colon, slashes collapsed.
  std::string path;
};

/// Resolves `remote:path` in an rclone configuration, following the remotes
/// that it wraps.
result<rclone_remote> resolve_remote(std::string_view remote_path,
                                     std::string_view configuration);

} // namespace holystone::scheduler
