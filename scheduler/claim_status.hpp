#pragma once

// What a claimant is told: `status.kopia`, the condition MaintenanceReady and
// the Events that go with a change of it. Pure; repository.hpp decides when it
// is written.

#include "scheduler/repository_facts.hpp"

#include <string>
#include <variant>
#include <vector>

namespace holystone::scheduler {

/// What an Event can be on: a claimant, or a Job by its key.
using regarded_object = std::variant<claim_key, object_key>;

/// An Event on a user's object.
struct event_note {
  regarded_object regarding;
  object_uid uid;
  bool warning = false;
  std::string reason;
  std::string message;
};

/// The object that an Event is on: `Job volsync-system/manual-1`.
std::string regarded(const event_note& note);

/// What all claimants of a repository are told alike; made once a step.
struct repository_account {
  /// Null when no claim could win.
  const claimant* winner = nullptr;
  std::optional<instant> next_maintenance;
  /// What is wrong with the repository itself; empty when nothing is.
  std::string error;
  /// What waits for too long or can't go on, and why; empty when nothing does.
  std::string long_wait;
  /// When `long_wait` may change by time alone.
  std::optional<instant> look_again;
};

/// Sums up the repository, of which admission says `waits`.
repository_account account_of(const repository_facts& facts,
                              const stand_by& waits, instant now);

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

/// The Events that go with a change to `status`.
std::vector<event_note> events_for(const claimant& who,
                                   const claim_status& status);

/// Tells the winner that a run failed, or that a Job was dropped, and why.
std::vector<event_note> events_for(const repository_facts& facts,
                                   const release_lease& what);
std::vector<event_note> events_for(const repository_facts& facts,
                                   const drop_job& what);

/// Tells the winner, if there is one, and the Job itself that it ran without
/// the Lease and is suspended (contract section 5).
std::vector<event_note> events_for(const repository_facts& facts,
                                   const suspend_job& what);

} // namespace holystone::scheduler
