#pragma once

// Reads what kopia 0.22 prints on standard output, as far as a maintenance run
// needs it. Text in, values out; whatever does not parse gives nothing and the
// caller decides what that means. Only mover/maintenance_run.cpp calls it.

#include "scheduler/mover_report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::mover {

/// A run record and the exact text of its start, which tells two runs within
/// one second apart.
struct kopia_record {
  scheduler::run_record record;
  std::string exact_start;
};

/// `kopia maintenance info --json`.
struct maintenance_state {
  std::string owner;
  std::chrono::seconds full_interval{0};
  std::optional<instant> next_full;
  std::optional<instant> next_quick;
  /// Newest first.
  std::vector<kopia_record> runs;
};

/// `kopia blob stats --raw`.
struct blob_totals {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
};

/// Reads what that command printed; none when it is nothing of the kind.
std::optional<maintenance_state> parse_maintenance_info(std::string_view json);

/// The repository's unique id in `kopia repository status --json`.
std::optional<std::string> parse_unique_id(std::string_view json);

/// Reads what that command printed; none when it is nothing of the kind.
std::optional<blob_totals> parse_blob_stats(std::string_view text);

/// The time of the only blob in `kopia blob list --json`.
std::optional<instant> parse_blob_time(std::string_view json);

/// The sum of a counter over all its labels in Prometheus' text form; nothing
/// if it does not occur.
std::optional<std::int64_t> parse_metric(std::string_view text,
                                         std::string_view name);

/// `kopia content stats --raw`.
std::optional<std::int64_t> parse_content_count(std::string_view text);

} // namespace holystone::mover
