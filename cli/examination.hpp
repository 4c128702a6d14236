#pragma once

// Asks a cluster everything that `holystone doctor` judges. It reads, and asks
// what the operator may; it changes nothing. Called by doctor.cpp.

#include "cli/cluster.hpp"
#include "cli/findings.hpp"

namespace holystone::cli {

/// Goes through all checks; only the first when the server does not answer.
findings examine(cluster& api, k8s_io::credentials who,
                 const config::options& how, instant now);

} // namespace holystone::cli
