#pragma once

// The Events that people find on their objects: when a claimant's status
// changes, a run failed, or a Job was dropped or suspended. Pure words;
// repository.hpp sends them along with the write that they go with, and whoever
// posts them asks event_budget.hpp first.

#include "scheduler/admission.hpp"
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

/// The Events that go with a change to `status`.
std::vector<event_note> events_for(const claimant& who,
                                   const claim_status& status);

/// The Events that go with a step of admission: the winner is told that a run
/// failed, or that a Job was dropped, and why; both it and the Job, that this
/// ran without the Lease and is suspended (contract section 5). News of a
/// manual run's Job are for its own KopiaMaintenance.
std::vector<event_note> events_for(const repository_facts& facts,
                                   const admission_step& step);

} // namespace holystone::scheduler
