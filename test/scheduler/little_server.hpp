#pragma once

// The API server of a little cluster: what becomes of one write. It checks the
// UIDs and versions that the write names and changes the cluster, or refuses.
// What the controllers and nodes make of it is little_cluster.hpp's part.

#include "little_cluster.hpp"

namespace holystone::scheduler {

/// Performs a write as the API server would; `seen` is what its author knew.
/// False when a precondition fails. Throws when the write reaches an object
/// that it was not meant for.
bool perform(little_cluster& cluster, const repository_action& action,
             const repository_facts& seen);

} // namespace holystone::scheduler
