#pragma once

// The PersistentVolumeClaim that is made for the cache of a KopiaMaintenance
// (contract section 7), and how much of a cache kopia is told to use. Pure;
// cache_claim_edits.hpp decides when it is written, k8s_io/cache_claims.hpp
// makes JSON of it, k8s_io/pod_volumes.hpp mounts it.

#include "scheduler/object_key.hpp"
#include "scheduler/pod_wishes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holystone::scheduler {

/// The name of the claim of a KopiaMaintenance of this name; one that would be
/// too long is cut and gets a hash.
std::string cache_claim_name(const std::string& maintenance);

/// How large the claim is asked to be, as users write it.
std::string cache_claim_capacity(const cache_wishes& cache);

/// A claim that we made, as the API server shows it.
struct cache_claim_fact {
  object_key key;
  object_uid uid;
  /// The KopiaMaintenance that it is for, and the UID of the one that owns it.
  std::string maintenance;
  object_uid owner;
  /// What it asks for.
  std::string capacity;
  std::string storage_class;
  std::vector<std::string> access_modes;
  bool deleting = false;

  friend bool operator==(const cache_claim_fact&, const cache_claim_fact&)
      = default;
};

/// The claim as wanted.
struct cache_claim_intent {
  object_key key;
  std::string maintenance;
  object_uid owner;
  std::string capacity;
  /// Empty: the cluster's default.
  std::string storage_class;
  std::vector<std::string> access_modes;
};

/// What a KopiaMaintenance asks for, given the claim that it has: what it
/// leaves open stays, and nothing shrinks, because no volume can.
cache_claim_intent wanted_cache_claim(const object_key& maintenance,
                                      const object_uid& owner,
                                      const cache_wishes& cache,
                                      const cache_claim_fact* found);

/// Is the claim like that?
bool is_like(const cache_claim_fact& found, const cache_claim_intent& wanted);

/// Limits that kopia is told, in MB; none: the mover's own, which fit the cache
/// that nobody asked for.
struct cache_limits {
  std::optional<std::int64_t> metadata;
  std::optional<std::int64_t> content;
};

/// What the user says, or what fits the capacity that he asks for: limits are
/// soft, and kopia keeps to the one for metadata twice over (K-09).
cache_limits cache_limits_of(const cache_wishes& cache);

} // namespace holystone::scheduler
