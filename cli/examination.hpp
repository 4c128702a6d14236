#pragma once

// Asks a cluster everything that `holystone doctor` judges. It reads, and asks
// what the operator may; it changes nothing. Called by doctor.cpp.

#include "cli/cluster.hpp"
#include "cli/findings.hpp"

#include <functional>

namespace holystone::cli {

/// Goes through all checks; only the first when the server does not answer.
/// `clock` is this machine's; Leases are judged by the server's.
findings examine(cluster& api, k8s_io::credentials who,
                 const config::options& how,
                 const std::function<instant()>& clock);

} // namespace holystone::cli
