#pragma once

// What a claimant is told: `status.kopia`, the condition MaintenanceReady and
// the Events that go with a change of it. Pure; repository.hpp decides when it
// is written.

#include "scheduler/repository_facts.hpp"

#include <string>
#include <vector>

namespace holystone::scheduler {

/// An Event on a user's object.
struct event_note {
  claim_key regarding;
  object_uid uid;
  bool warning = false;
  std::string reason;
  std::string message;
};

/// The status that a claimant should have.
claim_status wanted_status(const repository_facts& facts, const claimant& who,
                           instant now);

/// The Events that go with a change to `status`.
std::vector<event_note> events_for(const claimant& who,
                                   const claim_status& status);

/// Tells the winner that somebody else let a Job run.
std::vector<event_note> events_for(const repository_facts& facts,
                                   const suspend_job& what);

} // namespace holystone::scheduler
