#pragma once

// The inspector: answers the inspection's HTTP exchanges. It asks the actors
// that know, writes JSON, and never holds or changes state of its own. Routes:
// /healthz, /readyz, /v1/actors, /v1/repositories, /v1/repositories/{hash}.
// Spawned by the root.

#include "actors/interfaces.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace holystone::actors {

/// Answers exchanges from what `root` and the registry tell.
inspector_actor::behavior_type inspector(inspector_actor::pointer self,
                                         root_actor root);

} // namespace holystone::actors
