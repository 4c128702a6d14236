#pragma once

// The OpenAPI v3 documents of the simulated server, as small as kubectl
// allows: for each kind the path, the verbs that take `fieldValidation` and
// `dryRun`, and a schema that allows everything. kubectl then leaves the check
// of manifests to the server, where the real schemas are. There is no v2
// document: clients that see 404 do without. Called by discovery.

#include <boost/json.hpp>

#include <optional>
#include <string_view>

namespace holystone::simulator {

class kind_registry;

/// The document at `/openapi/v3` or below it; nullopt when there is none.
std::optional<boost::json::object> open_api(std::string_view path,
                                            const kind_registry& kinds,
                                            std::string_view version);

} // namespace holystone::simulator
