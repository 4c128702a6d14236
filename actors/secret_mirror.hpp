#pragma once

// The secret mirror: reads repository Secrets and keeps their copies. The only
// actor that ever holds Secrets' bytes, and only while it answers one message;
// what leaves it are locations, versions and outcomes. Stateless, so a crash
// costs the request at hand. Spawned by the root.

#include "actors/interfaces.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <string>

namespace holystone::actors {

/// Reads and copies Secrets; copies live in `operator_namespace`.
secret_mirror_actor::behavior_type
secret_mirror(secret_mirror_actor::pointer self, api_client api,
              std::string operator_namespace);

} // namespace holystone::actors
