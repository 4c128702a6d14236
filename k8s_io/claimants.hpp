#pragma once

// What the objects that can claim a repository say: ReplicationSources and
// KopiaMaintenances, from their JSON. Reading never fails: what is missing or
// has another type is absent, and checks come later, where they can be told.
// Called by the actors' projections and the command line.

#include "k8s_io/volume_objects.hpp"
#include "scheduler/repository.hpp"
#include "scheduler/standalone_maintenance.hpp"

#include <boost/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holystone::k8s_io {

using namespace scheduler;

/// An object that can claim a repository, as far as maintenance is concerned.
struct claimant_fact {
  claim_key who;
  object_uid uid;
  resource_version version;
  instant created;
  std::int64_t generation = 0;
  bool deleting = false;
  /// It is about kopia; ReplicationSources of other movers are left alone.
  bool is_kopia = false;
  /// Where among its finalizers the fork's is, which keeps it from going.
  std::optional<std::size_t> old_finalizer;
  /// The repository Secret's name, in the same namespace.
  std::string secret;
  std::optional<custom_ca> ca;
  /// Volumes that may hold the repository.
  std::vector<named_volume> volumes;
  std::variant<embedded_maintenance, standalone_maintenance> maintenance;
  std::string resync;
  /// `volsync.backube/reset-failures` is there.
  bool resets_failures = false;
  /// `user@host` of its backups; empty: it makes none.
  std::string identity;
  std::optional<claim_status> status;
  /// `lastTransitionTime` of the condition that says whether it is maintained.
  std::optional<instant> since;
};

/// A ReplicationSource.
claimant_fact read_replication_source(const boost::json::value& object);

/// A KopiaMaintenance.
claimant_fact read_kopia_maintenance(const boost::json::value& object);

} // namespace holystone::k8s_io
