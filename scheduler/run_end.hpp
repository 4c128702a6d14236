#pragma once

// How a run ended, or whether it has: what Jobs and pods together say of it.
// Only a kubelet knows that a pod has ended, and it may fall silent.
// Pure; lease_holder.hpp and its like draw the conclusions, and the job runner
// asks the same before it resumes a Job.

#include "scheduler/admission.hpp"

#include <optional>

namespace holystone::scheduler {

/// News of a Job and of its pods come one after another, within this time.
inline constexpr seconds patience_with_news{60};

/// The Job that holds the Lease; null when it is not there.
const job_fact* holder_of(const admission_view& view);

/// Can `pod` still run, as far as anybody can know?
bool is_live(const pod_fact& pod, const run_limits& limits, instant now);

/// Is the Job ours and on its way out, perhaps on a dead node, and must its
/// last pod have ended by its own deadline?
bool is_spent(const job_fact& job, const run_limits& limits, instant now);

/// What runs beside the holder and is waited for: a Job that is not ours to
/// stop or not stopped yet, a pod, or another location of the repository.
std::optional<stand_by> obstacle(const admission_view& view, instant now);

/// What the ledger learns from the Job of this UID, which has ended: the newest
/// report, or else what the Job controller says of `job`; none when nobody
/// says.
std::optional<run_outcome> outcome_of(const admission_view& view,
                                      const object_uid& uid,
                                      const job_fact* job, instant now);

/// Has the holder left something that may still run? A Job that ended well
/// proves that its pod did; any other needs a pod that was seen to end.
bool may_still_run(const admission_view& view, const job_fact* job,
                   instant now);

/// When the holder may have maintained.
own_run run_of_holder(const admission_view& view, const job_fact* job,
                      const std::optional<run_outcome>& outcome, instant now);

/// Since when nothing of the holder can be heard: its Job's end, or when the
/// last of its pods vanished; none while its Job goes on or a pod is there
/// alone.
std::optional<instant> silent_since(const admission_view& view,
                                    const job_fact* job);

/// Until when a holder that nobody can account for may still run; a Job that
/// was resumed late, by hand for example, runs longer than the Lease says.
std::optional<instant> latest_end(const admission_view& view,
                                  const job_fact* job);

} // namespace holystone::scheduler
