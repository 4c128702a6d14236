#pragma once

// YAML as JSON values, with the types that Kubernetes gives plain scalars.
// Only for manifests and for bodies that are allowed to be YAML; nothing that
// the API server sends is. Used by the simulated API server.

#include "scheduler/result.hpp"

#include <boost/json.hpp>

#include <string_view>
#include <vector>

namespace holystone::k8s_io {

/// Every document of a YAML (or JSON) text; empty documents are left out. An
/// error names the line.
result<std::vector<boost::json::value>> read_yaml(std::string_view text);

} // namespace holystone::k8s_io
