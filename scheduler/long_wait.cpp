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

/// How long a pod may take to start (contract section 5).
constexpr seconds longest_start{600};

/// A Job that was let in but does not start.
std::optional<long_wait> wait_for_start(const repository_facts& facts,
                                        const job_fact& job) {
  if (job.state != job_state::running || !job.started || job.deleting)
    return std::nullopt;
  std::optional<long_wait> found;
  for (const auto& pod : facts.pods) {
    if (pod.job != job.uid)
      continue;
    if (!pod.pending_since && !pod.ended)
      return std::nullopt;
    if (pod.pending_since && !pod.vanished)
      found = {job.key,
               *pod.pending_since,
               *pod.pending_since + longest_start,
               awaited::start,
               pod.key,
               pod.obstacle};
  }
  // Without a pod something refuses to make one, a quota for example.
  if (!found && job.pods == 0)
    found = {job.key, *job.started, *job.started + longest_start, awaited::pod};
  return found;
}

bool waits_for_admission(const repository_facts& facts, const job_fact& job) {
  return job.state == job_state::waiting && !job.deleting
         && facts.cron_jobs[job.kind].holds_jobs;
}

} // namespace

std::optional<long_wait> first_long_wait(const repository_facts& facts) {
  std::optional<long_wait> first;
  per_kind<std::optional<timetable>> tables;
  for (const auto& job : facts.jobs) {
    if (!job.ours)
      continue;
    if (auto start = wait_for_start(facts, job);
        start && (!first || start->limit < first->limit))
      first = start;
    if (!waits_for_admission(facts, job))
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

std::string describe(const long_wait& wait, const std::string& why) {
  if (wait.what == awaited::pod)
    return fmt::format("Job {} was let in at {}, but no pod of it was made. "
                       "kubectl -n {} describe job {} says why.",
                       to_string(wait.job), to_rfc3339(wait.since), wait.job.ns,
                       wait.job.name);
  if (wait.what == awaited::start)
    return fmt::format(
        "Pod {} of Job {} is pending since {}{}. kubectl -n {} describe pod {} "
        "says {}; the Job's deadline ends it.",
        wait.pod.name, to_string(wait.job), to_rfc3339(wait.since),
        wait.obstacle.empty() ? "" : ": " + wait.obstacle, wait.pod.ns,
        wait.pod.name, wait.obstacle.empty() ? "why" : "more");
  return fmt::format("Job {} waits since {}, longer than the interval of its "
                     "schedule: {}.",
                     to_string(wait.job), to_rfc3339(wait.since),
                     why.empty() ? "its turn has not come" : why);
}

} // namespace holystone::scheduler
