#pragma once

// What makes two claims the same repository: the location of its data, the
// canonical JSON of it and the hash that names CronJob, Lease and metrics.
// Pure; it neither reads Secrets (scheduler/kopia_environment.hpp does) nor
// resolves names. Called by the operator, the mover and `holystone hash`, so
// that all three always agree. docs/repository-identity.md holds the
// test vectors.

#include <compare>
#include <map>
#include <string>
#include <string_view>

namespace holystone::scheduler {

/// Names one repository: 16 lower-case hex digits of a SHA-256.
struct repository_id {
  std::string hex;

  friend auto operator<=>(const repository_id&, const repository_id&) = default;
};

/// Where a repository's data lies, normalised; holds no credential.
struct location {
  /// `s3`, `azure`, `gcs`, `filesystem`, `b2`, `webdav`, `sftp`, `rclone` or
  /// `gdrive`.
  std::string backend;
  /// What the backend needs to find the data, e.g. `bucket` and `prefix`.
  std::map<std::string, std::string> parts;

  friend bool operator==(const location&, const location&) = default;
};

/// From where pods reach a location's data.
enum class reach {
  /// Over the network, from every namespace.
  network,
  /// An NFS export, which pods of every namespace can mount.
  nfs,
  /// Through a PersistentVolumeClaim, in that one's namespace only.
  claim,
  /// A path on a volume that nothing tells of.
  unknown
};

/// The CA that a claim names, as S0 hashes it; all empty when there is none.
struct custom_ca {
  std::string secret_name;
  std::string config_map_name;
  std::string key;

  friend auto operator<=>(const custom_ca&, const custom_ca&) = default;
};

/// Compact JSON: one flat object, keys sorted bytewise, empty parts left out.
std::string canonical_json(const location& where);

/// The first 16 hex digits of SHA-256 over the canonical JSON.
repository_id identify(const location& where);

/// The same over Secret name, CA and location, for
/// `--repository-identity=secret` (S0); the namespace is not in it.
repository_id identify_by_secret(std::string_view secret_name,
                                 const custom_ca& ca, const location& where);

/// From where the data is reached.
reach reach_of(const location& where);

/// The server behind a location, for the limit per storage endpoint.
std::string endpoint_of(const location& where);

/// A short text for people, e.g. `s3://bucket/prefix/ at minio.example:9000`.
std::string describe(const location& where);

} // namespace holystone::scheduler
