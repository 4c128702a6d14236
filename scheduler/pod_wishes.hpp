#pragma once

// What a KopiaMaintenance says of the pods of its runs, scheduled and manual
// alike (contract section 7). What only Kubernetes understands is kept as the
// JSON text that the user wrote. k8s_io/claimants.hpp reads it,
// k8s_io/pod_template.hpp makes pods of it.

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holystone::scheduler {

/// Where kopia keeps its cache, and how much of it.
struct cache_wishes {
  enum class place {
    /// An emptyDir that goes with the pod.
    scratch,
    none,
    /// A PersistentVolumeClaim of the user's.
    existing_claim,
    /// One that we make: `volsync-kopia-maintenance-<name>-cache`.
    own_claim
  };

  place where = place::scratch;
  /// The existing claim's name.
  std::string claim;
  /// As the user wrote it; empty: the default of the place.
  std::string capacity;
  std::string storage_class;
  std::vector<std::string> access_modes;
  /// In MB; 0: without limit, none: what kopia thinks right.
  std::optional<int> metadata_limit;
  std::optional<int> content_limit;

  friend bool operator==(const cache_wishes&, const cache_wishes&) = default;
};

/// Everything else that the user says of the pods.
struct pod_wishes {
  /// Empty: ours, which has no token.
  std::string service_account;
  /// JSON; empty: as contract section 6 says.
  std::string pod_security_context;
  std::string container_security_context;
  /// JSON; empty: none.
  std::string affinity;
  std::string tolerations;
  std::map<std::string, std::string> node_selector;
  /// Beside ours, which win.
  std::map<std::string, std::string> labels;
  /// JSON of `moverVolumes`; empty: none.
  std::string volumes;
  cache_wishes cache;

  friend bool operator==(const pod_wishes&, const pod_wishes&) = default;
};

} // namespace holystone::scheduler
