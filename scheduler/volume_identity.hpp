#pragma once

// What a filesystem repository sits on, as far as it tells one volume from
// another: an NFS export is the same data in each namespace, a claim's name is
// not. Made by the operator from a PersistentVolume or a pod's inline volume,
// handed to the mover as one flag, and read by `locate()`. It mounts nothing.

#include "scheduler/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace holystone::scheduler {

/// A volume: its kind, what identifies it, and where pods see it.
struct volume_identity {
  /// `nfs`, `cephfs`, `smb`, `csi`, `pv`, `pvc` or `hostpath`.
  std::string kind;
  /// `server` and `share`; `driver` and `handle`; `uid`; `node` and `path`.
  std::map<std::string, std::string> parts;
  /// Where the paths of the Secret expect the volume's root.
  std::string mount_path = "/repository";
  /// Where the pod that runs kopia has it; empty: where it is expected.
  std::string mounted_at{};

  friend bool operator==(const volume_identity&, const volume_identity&)
      = default;
};

/// An NFS export; equal for an inline volume, a PV and nfs.csi.k8s.io.
volume_identity nfs_volume(std::string_view server, std::string_view share);

/// A CephFS tree; `cluster` is the monitors or ceph-csi's cluster id.
volume_identity cephfs_volume(std::string_view cluster, std::string_view path);

/// An SMB share; `source` is `//server/share/folder` as smb.csi has it.
result<volume_identity> smb_volume(std::string_view source);

/// A CSI volume. Attributes of the NFS, SMB and CephFS drivers give those
/// kinds; everything else is driver and handle.
volume_identity
csi_volume(std::string_view driver, std::string_view handle,
           const std::map<std::string, std::string>& attributes);

/// A PersistentVolume of any other kind, by its UID.
volume_identity pv_volume(std::string_view uid);

/// What a PersistentVolumeClaim stands for when nobody may read the
/// PersistentVolume behind it: the claim, by its UID.
volume_identity claim_volume(std::string_view uid);

/// A directory of one node.
volume_identity host_path_volume(std::string_view node, std::string_view path);

/// One line for a flag: `nfs?server=nas&share=/export&mount=/mnt/backups`,
/// values percent-encoded where `%`, `&`, `=`, `?` or space stand in them.
std::string to_text(const volume_identity& volume);

/// Reads what `to_text` writes; `mount` and `at` may be left out.
result<volume_identity> parse_volume(std::string_view text);

} // namespace holystone::scheduler
