#pragma once

// Durations as Go writes them ("1h30m", "-1.5s", "100ms"): the syntax of
// `@every` and of many fields in Kubernetes objects. Called by the cron parser
// and by whoever reads a duration that a user wrote.

#include <chrono>
#include <string_view>

#include "scheduler/result.hpp"

namespace holystone::scheduler {

/// Parses what Go's `time.ParseDuration` accepts, with its limit of about 292
/// years; the error says what is missing.
result<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

} // namespace holystone::scheduler
