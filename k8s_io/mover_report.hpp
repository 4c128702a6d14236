#pragma once

// Reads the report of a maintenance run out of a pod's termination message.
// The mover writes it (mover/report.hpp); a pod that was killed leaves none,
// and whatever else stands there is not a report. Called by objects.cpp.

#include "scheduler/mover_report.hpp"

#include <optional>
#include <string>

namespace holystone::k8s_io {

/// The report, or nothing if the text is not one.
std::optional<scheduler::mover_report>
read_mover_report(const std::string& message);

} // namespace holystone::k8s_io
