// What is said about one repository under /metrics: whose labels its series
// have, and the numbers that are as they are now. Plain data, filled by the
// repository's actor and shown by instruments.hpp.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace holystone::metrics {

/// Whom a series about maintenance is about: the claim that won, and its
/// repository. `role` and `operation` are always `source` and `maintenance`.
struct repository_labels {
  // First, so that all series of a repository are neighbours.
  std::string repository_hash;
  /// Name and namespace of the claim.
  std::string obj_name;
  std::string obj_namespace;
  /// The name of its secret.
  std::string repository;

  friend auto operator<=>(const repository_labels&, const repository_labels&)
      = default;
};

/// What is known of one repository now; times are Unix seconds.
struct repository_sample {
  /// Of a member that has no value; small, as there are ten thousand.
  static constexpr std::int64_t unknown = -1;

  /// End of the last successful full run, Unix time.
  std::int64_t last_success = unknown;
  /// When the schedule is due next, Unix time.
  std::int64_t next_run = unknown;
  /// What the last run found in the repository.
  std::int64_t bytes = unknown;
  std::int64_t contents = unknown;
  std::int64_t index_blobs = unknown;
  /// The longest time between two of the runs to come, in seconds; 0: there is
  /// no schedule.
  std::uint32_t interval = 0;
  /// Jobs that wait for admission.
  std::uint32_t queued = 0;
  /// Full runs that failed since the last success.
  int failures = 0;
  /// Claims whose schedule was rejected.
  std::uint32_t conflicts = 0;
  /// A run holds the repository's Lease.
  bool running = false;

  friend bool operator==(const repository_sample&, const repository_sample&)
      = default;
};

/// What happened to a repository's CronJob.
enum class cron_job_change { created, updated, deleted };

} // namespace holystone::metrics
