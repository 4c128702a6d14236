#pragma once

// Filesystem repositories: which of the volumes that a claim names holds the
// path, where the data lies then, and what a maintenance pod mounts. Pure; what
// a PersistentVolumeClaim is bound to is read by the operator
// (k8s_io/volume_objects.hpp), and volume_identity.hpp tells volumes apart.

#include "scheduler/object_key.hpp"
#include "scheduler/repository_identity.hpp"
#include "scheduler/result.hpp"
#include "scheduler/time.hpp"
#include "scheduler/volume_identity.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::scheduler {

/// Where the maintenance pods have the repository's volume (contract section
/// 3).
inline constexpr std::string_view repository_mount = "/repository";

/// A volume as a claim names it for its movers: a PersistentVolumeClaim of the
/// claimant's namespace, or an NFS export.
struct named_volume {
  /// Name of the PersistentVolumeClaim; empty: NFS.
  std::string claim_name;
  std::string nfs_server;
  std::string nfs_path;
  /// Where paths in the Secret expect it, e.g. `/mnt/backups`.
  std::string seen_at;
  /// The folder that may hold the repository instead of the root (contract
  /// section 11); empty: none.
  std::string folder{};

  friend bool operator==(const named_volume&, const named_volume&) = default;
};

/// The volume that holds a claim's repository.
struct repository_volume {
  volume_identity identity;
  /// What to mount; an empty name: the NFS export itself.
  object_key claim;
  /// Where to look when there is no repository at the root; empty: nowhere.
  std::string folder{};

  /// Does an admission policy add it to our Jobs (S4), where the Secret's paths
  /// expect it, so that we mount nothing?
  bool is_injected() const {
    return identity.mounted_at.empty();
  }

  friend bool operator==(const repository_volume&, const repository_volume&)
      = default;
};

/// What an admission policy added to a Job of ours, and when that was made.
struct injection {
  std::vector<named_volume> volumes;
  instant since{};
};

/// The volume that the path lies on, the innermost of several; null: none.
const named_volume* volume_under(const std::vector<named_volume>& volumes,
                                 std::string_view path);

/// The repository's volume from what a claim names and what was found behind
/// its PersistentVolumeClaim. NFS is mounted inline, so that it needs no claim.
repository_volume to_repository_volume(const named_volume& named,
                                       const object_key& claim,
                                       volume_identity found);

/// The same of a volume that an admission policy adds where the path expects
/// it.
repository_volume to_injected_volume(const named_volume& named,
                                     volume_identity found);

/// The path as the pod that runs kopia has it.
result<std::string> path_in_pod(const std::optional<volume_identity>& volume,
                                const std::string& path);

/// Where the data of a filesystem repository lies. Without a volume the claim's
/// namespace and the path stand in (contract section 1).
result<location>
filesystem_location(const std::optional<volume_identity>& volume,
                    std::string_view claim_namespace, const std::string& path);

} // namespace holystone::scheduler
