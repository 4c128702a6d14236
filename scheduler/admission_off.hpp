#pragma once

// What takes admission's place with `--admission=off`, where CronJobs' Jobs run
// by themselves: nothing is held back, each run's end is counted, and what
// waited or ran when admission was switched off comes to its end. Pure and
// level-triggered like admission.hpp, whose view and steps it shares.

#include "scheduler/admission.hpp"

namespace holystone::scheduler {

/// Decides the next step for one location: an end to count, or a Job from
/// before to let go, one by one.
admission_step follow(const admission_view& view, instant now);

} // namespace holystone::scheduler
