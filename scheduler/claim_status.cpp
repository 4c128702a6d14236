#include "scheduler/claim_status.hpp"

#include "scheduler/timeline.hpp"
#include "scheduler/wanted_cron_job.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

claim_status wanted_status(const repository_facts& facts, const claimant& who,
                           instant now) {
  const auto& wish = who.wish;
  claim_status status;
  status.last_maintenance = facts.lease.known.success_ended;
  status.failures = facts.lease.known.failures;
  status.observed_generation = wish.generation;
  if (facts.cron_job.exists && facts.cron_job.ours)
    status.cron_job = "kopia-maintenance-" + facts.id.hex;
  const auto* winner = winner_of(facts);
  if (winner && !winner->wish.settings.suspend)
    if (auto table = timetable_of(winner->wish.settings, facts.id)) {
      auto after = now;
      if (status.last_maintenance)
        after = std::max(after, *status.last_maintenance
                                    + std::chrono::days{
                                        winner->wish.settings.interval_days});
      status.next_maintenance = next_run(table->schedule, table->zone, after);
    }
  if (wish.defect) {
    status.reason = wish.defect->reason;
    status.message = wish.defect->message;
    return status;
  }
  if (facts.cron_job.exists && !facts.cron_job.ours) {
    status.reason = "Error";
    status.message = fmt::format(
        "CronJob kopia-maintenance-{} exists but is not holystone's; rename or "
        "delete it",
        facts.id.hex);
    return status;
  }
  if (!winner || !facts.cron_job.exists) {
    status.reason = "Waiting";
    status.message = "the repository's CronJob is not there yet";
    return status;
  }
  status.ready = true;
  const auto& wins = winner->wish;
  auto trail
      = status.failures > 0
            ? fmt::format("; runs failed since the last success: {} ({}: {})",
                          status.failures, to_string(facts.lease.known.failure),
                          facts.lease.known.failure_message)
            : std::string{};
  if (wins.settings.suspend) {
    status.reason = "Suspended";
    status.message = fmt::format("maintenance is suspended by {}{}",
                                 to_string(wins.who), trail);
  } else if (wins.who != wish.who
             && (wins.settings.schedule != wish.settings.schedule
                 || wins.settings.time_zone != wish.settings.time_zone)) {
    status.reason = "Conflict";
    status.message = fmt::format(
        "schedule '{}' is not used (first-wins): {} maintains this repository "
        "with '{}' in zone {}{}",
        wish.settings.schedule, to_string(wins.who), wins.settings.schedule,
        wins.settings.time_zone, trail);
  } else {
    status.reason = "Scheduled";
    status.message = fmt::format(
        "CronJob {} maintains this repository with the schedule '{}' of {}{}",
        status.cron_job, wins.settings.schedule, to_string(wins.who), trail);
  }
  return status;
}

std::vector<event_note> events_for(const claimant& who,
                                   const claim_status& status) {
  if (who.status && who.status->reason == status.reason
      && who.status->message == status.message)
    return {};
  const auto& wish = who.wish;
  if (status.reason == "Conflict")
    return {{wish.who, wish.uid, true, "ScheduleConflict", status.message}};
  if (!status.ready)
    return {
        {wish.who, wish.uid, true,
         status.reason == "Error" ? "MaintenanceError" : "MaintenanceWaiting",
         status.message}};
  if (wish.deprecated_fields
      && (!who.status || who.status->observed_generation != wish.generation))
    return {{wish.who, wish.uid, true, "DeprecatedField",
             "spec.kopia.maintenanceIntervalDays is deprecated; use "
             "spec.kopia.maintenanceCronJob.schedule instead"}};
  return {};
}

std::vector<event_note> events_for(const repository_facts& facts,
                                   const suspend_job& what) {
  const auto* winner = winner_of(facts);
  if (!winner)
    return {};
  return {{winner->wish.who, winner->wish.uid, true, "JobSuspended",
           fmt::format("Job {} ran without holding the Lease and is suspended "
                       "again; holystone resumes it when it is its turn",
                       to_string(what.job.key))}};
}

} // namespace holystone::scheduler
