#pragma once

// What an API server says about itself: versions, groups, resources (the old
// way and aggregated), health, and just enough OpenAPI for a stock kubectl to
// know that the server checks fields. It says nothing of objects. Called by
// the wire front for every path that is not an object's.

#include "simulator/api_server.hpp"

#include <optional>

namespace holystone::simulator {

class kind_registry;

/// The answer to a call that is about the server; nullopt when the path
/// belongs to an object. `version` is the server's, as `v1.36.0`.
std::optional<reply> discover(const call& what, const kind_registry& kinds,
                              std::string_view version);

} // namespace holystone::simulator
