// What is said about one repository under /metrics: whose labels its series
// have, and the numbers that are as they are now. Plain data, filled by the
// repository's actor and shown by instruments.hpp.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
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
  /// End of the last successful full run, when there was one.
  std::optional<double> last_success = {};
  /// When the schedule is due next, unless it never is.
  std::optional<double> next_run = {};
  /// Jobs that wait for admission.
  std::size_t queued = 0;
  /// A run holds the repository's Lease.
  bool running = false;
  /// Full runs that failed since the last success.
  int failures = 0;
  /// Claims whose schedule was rejected.
  std::size_t conflicts = 0;

  friend bool operator==(const repository_sample&, const repository_sample&)
      = default;
};

/// What happened to a repository's CronJob.
enum class cron_job_change { created, updated, deleted };

} // namespace holystone::metrics
