#pragma once

// What a claimant is warned of besides whether it is maintained: maintenance
// by others and other locations of its repository. Each is a
// condition of its own and an Event when it comes or changes. Pure; a part of
// claim_status.hpp's answer.

#include "scheduler/event_notes.hpp"
#include "scheduler/repository_facts.hpp"

#include <vector>

namespace holystone::scheduler {

/// The warnings that a claimant should have; one that stays keeps its time.
std::vector<side_condition> wanted_warnings(const repository_facts& facts,
                                            const claimant& who, instant now);

/// The Events that go with a change to `status`.
std::vector<event_note> warning_events(const claimant& who,
                                       const claim_status& status);

} // namespace holystone::scheduler
