#pragma once

// How a namespace that is being deleted is emptied: pods first, then all else,
// the namespace itself last; until then its conditions tell what remains. Not
// what a living namespace gets (namespace_content.hpp). Called by the
// collector.

#include "simulator/server_core.hpp"

#include <string>

namespace holystone::simulator {

/// One round for a namespace that is being deleted.
void empty_namespace(server_core& core, const std::string& name, instant now);

} // namespace holystone::simulator
