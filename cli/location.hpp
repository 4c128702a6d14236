#pragma once

// Which repository a claim's name means: the location of what the operator made
// for it, wherever that is. It reads labels and changes nothing; the Lease of
// the location is for the caller. Called by `holystone release`.

#include <string>

#include "cli/cluster.hpp"

namespace holystone::cli {

/// The hash of the location that the operator in this namespace maintains for a
/// ReplicationSource or a KopiaMaintenance of this name. An error when there is
/// none, or more than one.
result<std::string> find_location(cluster& api,
                                  const std::string& operator_namespace,
                                  const object_key& claim);

} // namespace holystone::cli
