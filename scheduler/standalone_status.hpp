#pragma once

// What a KopiaMaintenance is told: the conditions Ready, Reconciling, Error and
// MaintenanceHealthy, and the fields that only its status has (contract section
// 7). Pure; a part of claim_status.hpp's answer, which says what is the case;
// this says it as a KopiaMaintenance's users know it.

#include "scheduler/claim_status.hpp"
#include "scheduler/event_notes.hpp"

#include <vector>

namespace holystone::scheduler {

/// From how many failures in a row on MaintenanceHealthy is False; nothing is
/// blocked by it.
inline constexpr int many_failures = 5;

/// The status of a KopiaMaintenance; `told` is what a source would be told.
claim_status as_standalone(claim_status told, const repository_facts& facts,
                           const repository_account& account,
                           const claimant& who, instant now);

/// The Events that go with a change to `status`, under the fork's reasons where
/// it had one.
std::vector<event_note> standalone_events(const claimant& who,
                                          const claim_status& status);

} // namespace holystone::scheduler
