#pragma once

// `holystone operator` as a whole: settings in, exit code out. It joins the
// transport, the actor system, the HTTP servers and the signals, and owns
// their life times. Called by cli/operator.cpp; tests spawn the root instead.

#include "config/options.hpp"

namespace holystone::actors {

/// Runs until SIGTERM or SIGINT; returns 0, or 1 when it could not start.
int run_operator(const config::options& settings);

} // namespace holystone::actors
