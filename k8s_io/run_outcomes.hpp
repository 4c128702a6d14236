#pragma once

// How a maintenance pod ended, or why it does not begin, as its kubelet tells:
// the mover's report, or else what became of the pod. Read from JSON; reading
// never fails. scheduler/run_end.hpp says what follows. Called by objects.cpp.

#include "scheduler/admission.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>

namespace holystone::k8s_io {

using namespace scheduler;

/// What a pod that has ended left behind; none: nobody can tell.
std::optional<run_outcome> read_run_outcome(const boost::json::value& pod,
                                            maintenance_kind kind);

/// Why the container of a pod can't start, in a sentence without its full stop;
/// empty: nothing is in its way yet.
std::string read_obstacle(const boost::json::value& pod);

} // namespace holystone::k8s_io
