#pragma once

// One look of the simulated CronJob controller at one CronJob: tidies the
// history, follows the Jobs, makes the Job of a due slot and writes the status
// once. It keeps nothing between two looks; when to look is decided by
// cron_job_controller.hpp, which is the only caller.

#include "scheduler/time.hpp"
#include "simulator/store.hpp"

#include <boost/json.hpp>

#include <optional>

namespace holystone::simulator {

/// What a look has to say to the queue.
struct cron_job_answer {
  /// When to look again without a change.
  std::optional<instant> again;
  /// The server refused a write; try again after a while.
  bool failed = false;
};

/// Looks at a CronJob as it was just read.
cron_job_answer sync_cron_job(store& view, const boost::json::value& cron_job);

/// When an edited schedule or zone wants its first look: at its next slot,
/// not at the one that has passed.
std::optional<instant> alarm_after_edit(const boost::json::value& cron_job,
                                        instant now);

} // namespace holystone::simulator
