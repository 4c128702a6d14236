#pragma once

// What the objects that can claim a repository say: ReplicationSources, from
// their JSON. Reading never fails: what is missing or has another type is
// absent, and checks come later, where they can be told. Called by the actors'
// projections and the command line.

#include "k8s_io/volume_objects.hpp"
#include "scheduler/repository.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holystone::k8s_io {

using namespace scheduler;

/// A ReplicationSource, as far as maintenance is concerned.
struct source_fact {
  claim_key who;
  object_uid uid;
  resource_version version;
  instant created;
  std::int64_t generation = 0;
  bool deleting = false;
  /// It has a `spec.kopia`; sources of other movers are left alone.
  bool is_kopia = false;
  /// `spec.kopia.repository`: a Secret of the same namespace.
  std::string secret;
  std::optional<custom_ca> ca;
  /// Volumes that may hold the repository.
  std::vector<named_volume> volumes;
  embedded_maintenance maintenance;
  std::string resync;
  /// `user@host` of its backups.
  std::string identity;
  std::optional<claim_status> status;
  /// `lastTransitionTime` of its condition.
  std::optional<instant> since;
};

/// A ReplicationSource or KopiaMaintenance with what it says of maintenance.
source_fact read_source(const boost::json::value& object);

} // namespace holystone::k8s_io
