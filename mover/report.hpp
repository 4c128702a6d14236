#pragma once

// Writes a run's report as the JSON that stands in the pod's termination
// message. Kubernetes keeps 4096 bytes of it, so details go before the verdict
// does. k8s_io/mover_report.hpp reads it; both name the same fields.

#include "scheduler/mover_report.hpp"

#include <string>

namespace holystone::mover {

/// Compact JSON of at most 4096 bytes.
std::string to_json(const scheduler::mover_report& report);

} // namespace holystone::mover
