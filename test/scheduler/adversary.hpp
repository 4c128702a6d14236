#pragma once

// What may go wrong in a little cluster between two looks of the operator:
// people resume, suspend, delete and edit what is not theirs to touch, claims
// come and go, nodes die. The model plays against it; what it does follows from
// the cluster's seed.

#include "little_cluster.hpp"

#include <string>

namespace holystone::scheduler {

/// A schedule for quick runs, or none.
std::string some_quick_schedule(little_cluster& cluster);

/// One act of mischief; nodes are spared unless `nodes_die`.
void disturb(little_cluster& cluster, bool nodes_die);

} // namespace holystone::scheduler
