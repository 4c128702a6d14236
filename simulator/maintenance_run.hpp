#pragma once

// What a container does in the simulated cluster when nobody says otherwise: a
// maintenance container reports a successful run as the real mover does, in
// its termination message and in its log; any other container just ends well.
// No repository is touched. Given to the simulated node as its workload.

#include "simulator/pod_run.hpp"

namespace holystone::simulator {

/// A workload whose containers run for `span`.
workload successful_runs(seconds span);

} // namespace holystone::simulator
