#pragma once

// Which of the Jobs that wait is to run at all, and which comes first. A slot
// may be used up, older than the schedule or superfluous, and a Job may be made
// from a template that is not wanted any more. It lets nothing in and drops
// nothing: admission.hpp, lease_holder.hpp and admission_off.hpp ask it and say
// what is done.

#include "scheduler/admission.hpp"

#include <optional>
#include <string>

namespace holystone::scheduler {

/// Is this a Job of ours that waits and stays?
bool is_waiting(const job_fact& job);

/// Did the last write to the Job fail, so that it is passed over until its
/// back-off ends?
bool is_blocked_in(const admission_view& view, const job_fact& job);

/// Earlier in the queue: by when it was due, then by name, which is unique.
bool comes_before(const job_fact& a, const job_fact& b);

/// Was the Job made for another location or from another template than those
/// that are wanted now?
bool is_of_old(const admission_view& view, const job_fact& job);

/// What a run of this Job would authenticate with.
const std::string& secret_for(const admission_view& view, const job_fact& job);

/// Must the Job be made anew before it runs, or is it that of a
/// manual run that nobody wants?
bool is_outdated(const admission_view& view, const job_fact& job);

/// Where the volume of a Job leads to is known before it runs, because that
/// picks the Lease (contract section 1); none when it is.
std::optional<stand_by> unread_volume(const admission_view& view,
                                      const job_fact& job);

/// Why a waiting Job must not run at all; empty when it may.
std::string unwanted(const admission_view& view, const job_fact& job,
                     instant now);

} // namespace holystone::scheduler
