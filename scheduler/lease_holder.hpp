#pragma once

// What is next for the Job that holds the Lease, from the moment it was let in
// until its end is in the ledger: resumed, watched, stopped when it outlives
// its deadline, and counted by the patch that frees the Lease. It picks no
// holder: that is admission.hpp's part. With `--admission=off` the same is done
// for a run from before (admission_off.hpp).

#include "scheduler/admission.hpp"

namespace holystone::scheduler {

/// Decides the next step for the Lease's holder; there must be one.
admission_step step_for_holder(const admission_view& view, instant now);

} // namespace holystone::scheduler
