#include "scheduler/long_wait.hpp"

#include "scheduler/timeline.hpp"
#include "scheduler/wanted_cron_job.hpp"

#include <fmt/format.h>

namespace holystone::scheduler {

namespace {

/// The time between the two activations that follow.
std::optional<seconds> interval_after(const timetable& table, instant since) {
  auto first = next_run(table.schedule, table.zone, since);
  auto second = first ? next_run(table.schedule, table.zone, *first) : first;
  if (!second)
    return std::nullopt;
  return *second - *first;
}

} // namespace

std::optional<long_wait> first_long_wait(const repository_facts& facts) {
  std::optional<long_wait> first;
  per_kind<std::optional<timetable>> tables;
  for (const auto& job : facts.jobs) {
    if (job.state != job_state::waiting || !job.ours || job.deleting
        || !facts.cron_jobs[job.kind].holds_jobs)
      continue;
    auto& table = tables[job.kind];
    if (!table)
      if (const auto* winner = winner_of(facts))
        table = timetable_of(winner->wish.settings, job.kind, facts.id);
    if (!table)
      continue;
    auto since = job.slot.value_or(job.created);
    auto patience = interval_after(*table, since);
    if (patience && (!first || since + *patience < first->limit))
      first = {job.key, since, since + *patience};
  }
  return first;
}

std::string describe(const long_wait& wait, const repository_facts& facts) {
  auto text = fmt::format("Job {} waits since {}, longer than the interval of "
                          "its schedule. ",
                          to_string(wait.job), to_rfc3339(wait.since));
  if (facts.lease.holder)
    return text + "Runs take longer than that; choose a rarer schedule.";
  if (!facts.granted)
    return text
           + "No place to run is free; spread the schedules or raise "
             "--max-concurrent-maintenance.";
  return text + "Something holds up its start; the inspection says what.";
}

} // namespace holystone::scheduler
