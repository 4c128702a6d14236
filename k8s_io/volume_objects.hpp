#pragma once

// What the JSON of volumes says about a repository: the volumes that a
// ReplicationSource names for its movers, what a PersistentVolumeClaim is
// bound to, what tells a PersistentVolume from another, and what an admission
// policy added to our Jobs. It only reads;
// scheduler/repository_volume.hpp decides what follows.

#include "scheduler/object_key.hpp"
#include "scheduler/repository_volume.hpp"

#include <boost/json.hpp>

#include <optional>
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

/// The volumes that can hold a repository and were added to a maintenance Job,
/// where our container has them; absent if its template has one of its own.
/// Part of a volume (`subPath`) is not told from the whole and left out.
std::optional<std::vector<named_volume>>
read_injected_volumes(const boost::json::value& job);

/// The volume that a CronJob's Jobs are given by an admission policy, as we
/// recorded it in the mover's arguments; its Jobs may have another by now.
std::optional<volume_identity>
read_recorded_volume(const boost::json::value& cron_job);

} // namespace holystone::k8s_io
