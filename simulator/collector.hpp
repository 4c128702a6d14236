#pragma once

// Deletion's aftermath: dependents of deleted owners, foreground and orphaning
// deletion, the emptying of namespaces, the expiry of events. It works off
// what was written since its last round and makes ordinary deletes and
// updates. Called by `api_server::step`.

#include "simulator/server_core.hpp"

namespace holystone::simulator {

/// One round; returns when the next event expires.
std::optional<instant> collect_garbage(server_core& core, instant now);

} // namespace holystone::simulator
