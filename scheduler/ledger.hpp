#pragma once

// What is known of a repository's runs: the last success, the streak of
// failures, kopia's own id. The ledger lives in annotations of the
// repository's Lease and is written by the same patch that releases it, so
// every Job is counted exactly once whatever crashes when. Pure; the
// repository folds outcomes into it. It is not the list of Jobs (those are in
// the cluster) and not a metric.

#include "scheduler/mover_report.hpp"
#include "scheduler/object_key.hpp"
#include "scheduler/own_runs.hpp"
#include "scheduler/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::scheduler {

/// Annotations of the Lease that a user may take away: kopia's id of the
/// repository, and a second one that was found at the same place.
inline constexpr std::string_view unique_id_key
    = "volsync.backube/repository-unique-id";
inline constexpr std::string_view other_id_key
    = "volsync.backube/repository-other-id";

/// How large a repository is, as a run found it at its end; nothing: it did not
/// say.
struct repository_extent {
  /// Of all blobs in the storage.
  std::optional<std::int64_t> bytes;
  std::optional<std::int64_t> contents;
  /// Maintenance merges them; thousands mean that it does not (K-07).
  std::optional<std::int64_t> index_blobs;

  friend bool operator==(const repository_extent&, const repository_extent&)
      = default;
};

/// How one run ended, from the pod's termination message or, without one, from
/// the Job's condition.
struct run_outcome {
  bool succeeded = false;
  maintenance_kind kind = maintenance_kind::full;
  instant started;
  instant ended;
  /// Contract section 6; `none` on success.
  failure_class why = failure_class::none;
  /// A plain sentence; holds no secret.
  std::string message;
  /// kopia's unique id of the repository; empty when unknown.
  std::string unique_id;
  /// The run read kopia's records: the newest from before it, newest first,
  /// and the start of a full run that left none.
  bool saw_records = false;
  std::vector<run_record> earlier{};
  std::optional<instant> open_full{};
  repository_extent extent{};

  friend bool operator==(const run_outcome&, const run_outcome&) = default;
};

/// The durable summary of a location's runs.
struct ledger {
  /// The last successful full run (A-13 needs its start).
  std::optional<instant> success_started;
  std::optional<instant> success_ended;
  /// Consecutive failed full runs.
  int failures = 0;
  /// The last failure's class and sentence; `none` after a success.
  failure_class failure = failure_class::none;
  std::string failure_message;
  /// The Job counted last, and when it ended.
  object_uid counted;
  std::optional<instant> counted_at;
  std::string unique_id;
  /// Another id that a later run found here: a wrong merge.
  std::string other_id;
  /// Our runs since kopia's records were last compared with them, the newest
  /// that was compared included.
  own_runs ours;
  /// Maintenance by others that the last comparison found.
  std::optional<foreign_run> foreign;
  /// `namespace/name@version` of Secrets that the repository refused; their
  /// claims do not win until the Secret changes (contract section 2).
  std::vector<std::string> refused_secrets;
  /// What the last run that could say found.
  repository_extent extent;

  friend bool operator==(const ledger&, const ledger&) = default;
};

/// The ledger after `job` ended with `outcome`; a Job that is already counted
/// changes nothing. `secret` names what the run authenticated with, as
/// `refused_secrets` keeps it; empty: nobody knows, so nothing is blamed.
ledger record(ledger before, const object_uid& job, const run_outcome& outcome,
              const std::string& secret);

/// The ledger after a Job of ours may have maintained during `mine`. What the
/// run saw of kopia's records is compared with the runs that we know: others
/// that began after the oldest of these are foreign.
ledger note_run(ledger before, const own_run& mine,
                const std::optional<run_outcome>& outcome);

/// The ledger without failures, as if the last run had succeeded.
ledger without_failures(ledger known);

/// The annotations of the Lease that hold the ledger; every key is always
/// there, so that a merge patch replaces the whole.
std::map<std::string, std::string> to_annotations(const ledger& known);

/// Reads what `to_annotations` wrote; missing or broken keys count as unknown.
ledger
ledger_from_annotations(const std::map<std::string, std::string>& annotations);

} // namespace holystone::scheduler
