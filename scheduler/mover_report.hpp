#pragma once

// What one maintenance run says about itself. The mover writes it as JSON into
// the pod's termination message (mover/report.hpp), the operator reads it from
// the pod's status (k8s_io/mover_report.hpp), never from logs. Plain data: it
// decides nothing and holds no secret.

#include "scheduler/maintenance_kind.hpp"
#include "scheduler/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::scheduler {

/// Why a run failed; `none` when it did not.
enum class failure_class {
  none,
  authentication,
  not_found,
  network,
  ownership,
  clock_skew,
  out_of_memory,
  cache_full,
  permission,
  read_only,
  corrupt,
  location_changed,
  not_admitted,
  timeout,
  unknown,
};

/// The name as users read it, e.g. `clock-skew`.
std::string_view to_string(failure_class why);

/// The inverse of `to_string`; an unknown name gives `unknown`.
failure_class parse_failure_class(std::string_view name);

/// What this class means, one plain sentence.
std::string_view sentence_of(failure_class why);

/// What a user can do about it.
std::string_view hint_of(failure_class why);

/// One task of a run as kopia recorded it in the repository.
struct run_record {
  std::string task;
  instant start;
  instant end;
  bool success = false;

  friend bool operator==(const run_record&, const run_record&) = default;
};

/// The result of one run.
struct mover_report {
  bool succeeded = false;
  failure_class why = failure_class::none;
  /// A sentence for the user; never a secret.
  std::string message;
  std::string hint;
  maintenance_kind kind = maintenance_kind::full;
  instant start;
  instant end;
  /// Run records inside [start, end]: the proof of success.
  std::vector<run_record> runs;
  /// Records from before this run, newest first and few: the operator compares
  /// them with the runs it knows (A-11, ForeignMaintenance).
  std::vector<run_record> earlier;
  std::optional<std::int64_t> repository_size;
  /// Kopia's own id of the repository, hex.
  std::string unique_id;
  std::optional<std::int64_t> blobs;
  std::optional<std::int64_t> index_blobs;
  std::optional<std::int64_t> contents;
  std::optional<std::int64_t> cache_hits;
  std::optional<std::int64_t> cache_misses;
  /// Owner after the run, and before it.
  std::string owner;
  std::string previous_owner;
  /// A full run that began before this one and left no closing record: killed
  /// or still going on. If it was not ours, it is foreign.
  std::optional<instant> open_full;
  std::optional<instant> next_full;
  std::optional<instant> next_quick;
  /// `content verify` ran and found nothing.
  std::optional<bool> verified;

  friend bool operator==(const mover_report&, const mover_report&) = default;
};

} // namespace holystone::scheduler
