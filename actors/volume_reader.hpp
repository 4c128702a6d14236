#pragma once

// The volume reader: finds out which volume a PersistentVolumeClaim stands
// for, by reading the claim and what it is bound to, uncached. It keeps
// nothing; the registry asks again when it wants to know anew. Spawned by the
// root.

#include "actors/interfaces.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace holystone::actors {

/// Reads volumes.
volume_reader_actor::behavior_type
volume_reader(volume_reader_actor::pointer self, api_client api);

} // namespace holystone::actors
