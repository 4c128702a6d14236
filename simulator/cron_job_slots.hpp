#pragma once

// Which slot of a CronJob is due: the arithmetic of kube-controller-manager's
// CronJob controller on top of the time line, with its approximation of the
// newest slot after an outage. Pure. Called by the simulated CronJob
// controller only; the operator asks scheduler/timeline.hpp.

#include "scheduler/cron.hpp"
#include "scheduler/time.hpp"
#include "scheduler/timeline.hpp"

#include <cstdint>
#include <optional>

namespace holystone::simulator {

/// A schedule and the zone it is meant in.
struct zoned_schedule {
  scheduler::cron_schedule schedule;
  scheduler::time_zone zone;
};

/// What a look at the time line since `earliest` found.
struct slot_search {
  /// Where the look began.
  instant earliest;
  /// The newest slot that is due; none when nothing is.
  std::optional<instant> newest;
  /// How many slots passed, estimated from the first two.
  std::int64_t missed = 0;
  /// The schedule has no two slots one second apart, e.g. 31 February.
  bool impossible = false;
};

/// Looks for due slots in (earliest, now].
slot_search find_slot(const zoned_schedule& plan, instant earliest,
                      instant now);

/// When to look again after a search that ignored the starting deadline; none
/// when the schedule never fires again.
std::optional<instant> next_look(const zoned_schedule& plan,
                                 const slot_search& found, instant now);

} // namespace holystone::simulator
