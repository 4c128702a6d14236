#pragma once

// From a call to a verb and back: finds the kind, decodes the body, reads the
// query, runs the verb and renders the answer. HTTP methods, content types
// and status codes live here and nowhere below. Called by
// `api_server::handle`.

#include "simulator/server_core.hpp"

namespace holystone::simulator {

/// Answers one call.
reply route(server_core& core, const call& what, instant now);

} // namespace holystone::simulator
