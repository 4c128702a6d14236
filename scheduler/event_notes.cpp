#include "scheduler/event_notes.hpp"

#include "scheduler/claim_status.hpp"
#include "scheduler/claim_warnings.hpp"
#include "scheduler/manual_run.hpp"
#include "scheduler/standalone_status.hpp"

#include <fmt/format.h>

namespace holystone::scheduler {

namespace {

/// What is said of each step.
struct told_of_step {
  const repository_facts& facts;

  std::vector<event_note> operator()(const release_lease& what) const {
    const auto* winner = winner_of(facts);
    // Of a run by hand its own KopiaMaintenance is told.
    if (!winner || !what.outcome || what.outcome->succeeded
        || is_manual_job(facts, what.job))
      return {};
    return {
        {winner->wish.who, winner->wish.uid, true, "MaintenanceFailed",
         fmt::format("Job {} failed {}", to_string(what.job),
                     failure_words(what.outcome->why, what.outcome->message))}};
  }

  std::vector<event_note> operator()(const drop_job& what) const {
    const auto* who = concerned(facts, what.job);
    if (!who)
      return {};
    return {{who->wish.who, who->wish.uid, false, "JobDropped",
             fmt::format("Job {} was deleted before it ran: {}.",
                         to_string(what.job.key), what.reason)}};
  }

  std::vector<event_note> operator()(const suspend_job& what) const {
    const auto& job = what.job;
    auto message = fmt::format(
        "Job {} ran without its repository's Lease and was suspended again; it "
        "runs when its turn comes. Leave its spec.suspend to holystone.",
        to_string(job.key));
    std::vector<event_note> notes{
        {job.key, job.uid, true, "JobSuspended", message}};
    if (const auto* who = concerned(facts, job))
      notes.push_back({who->wish.who, who->wish.uid, true, "JobSuspended",
                       std::move(message)});
    return notes;
  }

  std::vector<event_note> operator()(const auto&) const {
    return {};
  }
};

} // namespace

std::string regarded(const event_note& note) {
  if (const auto* who = std::get_if<claim_key>(&note.regarding))
    return to_string(*who);
  return "Job " + to_string(std::get<object_key>(note.regarding));
}

std::vector<event_note> events_for(const claimant& who,
                                   const claim_status& status) {
  const auto& wish = who.wish;
  // Who overwrites our status does not make us say everything twice.
  const auto before
      = who.written ? std::optional{who.written->status} : who.status;
  std::vector<event_note> notes;
  auto warn = [&](std::string reason, std::string message) {
    notes.push_back(
        {wish.who, wish.uid, true, std::move(reason), std::move(message)});
  };
  auto is_source = wish.who.kind == claim_kind::replication_source;
  if (!is_source)
    notes = standalone_events(who, status);
  else if (!before || before->reason != status.reason
           || before->message != status.message) {
    if (status.reason == "Conflict")
      warn("ScheduleConflict", status.message);
    else if (!status.ready && status.reason != "Disabled")
      warn(status.reason == "Error" ? "MaintenanceError" : "MaintenanceWaiting",
           status.message);
  }
  if (wish.deprecated_fields
      && (!before || before->observed_generation != status.observed_generation))
    warn("DeprecatedField",
         is_source ? "spec.kopia.maintenanceIntervalDays is deprecated; use "
                     "spec.kopia.maintenanceCronJob.schedule instead."
                   : "spec.schedule is deprecated; use spec.trigger.schedule "
                     "instead.");
  for (auto& note : warning_events(who, status))
    notes.push_back(std::move(note));
  return notes;
}

std::vector<event_note> events_for(const repository_facts& facts,
                                   const admission_step& step) {
  return std::visit(told_of_step{facts}, step);
}

} // namespace holystone::scheduler
