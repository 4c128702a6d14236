#pragma once

// What a claimant is told: `status.kopia` and the condition MaintenanceReady.
// Pure; repository.hpp decides when it is written, event_notes.hpp says what
// Events go with a change.

#include "scheduler/repository_facts.hpp"

#include <optional>
#include <string>

namespace holystone::scheduler {

/// What was found to be in the way when the next step was sought.
struct hindrance {
  /// Why nothing runs now, one sentence; empty when nothing waits.
  std::string wait{};
  /// Users are told of that at once, not after a long wait.
  bool is_stuck = false;
  /// Which CronJob, or claim for a cache, can't be written, and why; empty
  /// when all can.
  write_failure cron_job{};
};

/// What all claimants of a repository are told alike; made once a step.
struct repository_account {
  /// Null when no claim could win.
  const claimant* winner = nullptr;
  std::optional<instant> next_maintenance;
  /// What is wrong with the repository itself; empty when nothing is.
  std::string error;
  /// The API server's word for that, if it has one.
  std::string error_reason;
  /// What waits for too long or can't go on, and why; empty when nothing does.
  std::string hold_up;
  /// When `hold_up` may change by time alone.
  std::optional<instant> look_again;
};

/// Sums up the repository.
repository_account account_of(const repository_facts& facts,
                              const hindrance& found, instant now);

/// The status that a claimant should have.
claim_status wanted_status(const repository_facts& facts,
                           const repository_account& account,
                           const claimant& who, instant now);

/// Does somebody overwrite this claimant's status, and was the one write spent
/// on it that each run is worth (contract section 8)?
bool is_contested(const repository_facts& facts, const claimant& who,
                  const claim_status& wanted);

/// What is to be remembered of a write of `status`.
written_status written(const repository_facts& facts, const claimant& who,
                       claim_status status);

/// The text ended like every other sentence, whoever wrote it.
std::string sentence(std::string text);

/// How a failure is told: `(timeout): What happened. What to do about it.`
std::string failure_words(failure_class why, const std::string& message);

/// What the runs since the last success say; empty when all is well.
std::string failures_of(const ledger& known);

} // namespace holystone::scheduler
