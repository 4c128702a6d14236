#pragma once

// The inspector: answers the inspection's HTTP exchanges. It asks the actors
// that know, writes JSON, and never holds or changes state of its own. Routes:
// /healthz, /readyz, /v1/actors, /v1/repositories?limit=N&continue=HASH,
// /v1/repositories/{hash}, /v1/why/{kind}/{namespace}/{name}, /v1/events, and
// the web page at /; what they answer stands in metrics/web/openapi.json.
// Spawned by the root.

#include "actors/interfaces.hpp"
#include "actors/why.hpp"
#include "metrics/broadcaster.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace holystone::actors {

/// Answers exchanges from what `root` and the registry tell; who asks for
/// events becomes one of the `onlookers`, which may be null.
inspector_actor::behavior_type inspector(inspector_actor::pointer self,
                                         root_actor root,
                                         metrics::broadcaster* onlookers,
                                         teller who);

} // namespace holystone::actors
