#pragma once

// What the JSON of volumes says about a repository: the volumes that a
// ReplicationSource names for its movers, what a PersistentVolumeClaim is
// bound to, and what tells a PersistentVolume from another. It only reads;
// scheduler/repository_volume.hpp decides what follows.

#include "scheduler/object_key.hpp"
#include "scheduler/repository_volume.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace holystone::k8s_io {

using namespace scheduler;

/// The volumes of a `spec.kopia` that can hold a repository: `repositoryPVC`,
/// then `moverVolumes` in their order.
std::vector<named_volume> read_named_volumes(const boost::json::value& kopia);

/// The PersistentVolume behind a PersistentVolumeClaim; an error says what the
/// claim waits for.
result<std::string> read_bound_volume(const boost::json::value& claim);

/// What a PersistentVolume's data is known by (contract section 1).
volume_identity read_volume(const boost::json::value& volume);

} // namespace holystone::k8s_io
