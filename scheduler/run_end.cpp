#include "scheduler/run_end.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

/// By when a pod that nobody hears from has ended at the latest; none: nobody
/// knows.
std::optional<instant> last_moment(const pod_fact& pod,
                                   const run_limits& limits) {
  auto since = pod.vanished ? pod.vanished : pod.bounded_since;
  if (!since)
    return std::nullopt;
  return *since + limits.of(pod).longest_possible();
}

} // namespace

const job_fact* holder_of(const admission_view& view) {
  auto i = std::ranges::find(view.jobs, view.lease.holder, &job_fact::uid);
  return i == view.jobs.end() ? nullptr : &*i;
}

bool is_live(const pod_fact& pod, const run_limits& limits, instant now) {
  if (pod.ended)
    return false;
  auto until = last_moment(pod, limits);
  return !until || now < *until;
}

bool is_spent(const job_fact& job, const run_limits& limits, instant now) {
  auto since = job.started.value_or(job.created);
  return job.ours && job.deleting
         && now >= since + limits.of(job).longest_possible();
}

std::optional<stand_by> obstacle(const admission_view& view, instant now) {
  if (!view.shared.busy.empty())
    return stand_by{view.shared.busy, false, {}};
  for (const auto& job : view.jobs)
    if (job.state == job_state::running && job.uid != view.lease.holder
        && !is_spent(job, view.limits, now))
      return stand_by{
          fmt::format("Job {}, which {}, runs", to_string(job.key),
                      job.ours ? "does not hold the Lease" : "is not ours"),
          false,
          {}};
  for (const auto& pod : view.pods)
    if (is_live(pod, view.limits, now))
      return stand_by{fmt::format("pod {} has not ended", to_string(pod.key)),
                      false, last_moment(pod, view.limits)};
  return std::nullopt;
}

std::optional<run_outcome> outcome_of(const admission_view& view,
                                      const object_uid& uid,
                                      const job_fact* job, instant now) {
  std::optional<run_outcome> newest;
  for (const auto& pod : view.pods)
    if (pod.job == uid && pod.outcome
        && (!newest || newest->ended <= pod.outcome->ended))
      newest = pod.outcome;
  if (newest || !job)
    return newest;
  run_outcome told;
  told.kind = job->kind;
  told.succeeded = job->state == job_state::complete;
  told.started = job->started.value_or(job->created);
  told.ended = job->finished.value_or(now);
  if (!told.succeeded) {
    auto is_late
        = job->state == job_state::running || job->reason == "DeadlineExceeded";
    told.why = is_late ? failure_class::timeout : failure_class::unknown;
    told.message
        = job->state == job_state::running
              ? fmt::format("Job {} outlived its deadline", to_string(job->key))
              : fmt::format("Job {} failed: {}", to_string(job->key),
                            job->message.empty() ? job->reason : job->message);
    for (const auto& pod : view.pods)
      if (pod.job == uid && !pod.obstacle.empty())
        told.message += "; its pod never ran: " + pod.obstacle;
  }
  return told;
}

bool may_still_run(const admission_view& view, const job_fact* job,
                   instant now) {
  std::int64_t seen_ended = 0;
  for (const auto& pod : view.pods) {
    if (pod.job != view.lease.holder)
      continue;
    if (is_live(pod, view.limits, now))
      return true;
    seen_ended += pod.ended ? 1 : 0;
  }
  if (job && job->state == job_state::complete)
    return false;
  if (view.never_resumed == view.lease.holder)
    return false;
  // One pod that ended does not speak for another, of which nobody told us.
  auto made = job ? std::optional{job->pods} : view.holder_pods;
  return seen_ended == 0 || !made || seen_ended < *made;
}

own_run run_of_holder(const admission_view& view, const job_fact* job,
                      const std::optional<run_outcome>& outcome, instant now) {
  own_run mine{view.lease.acquired.value_or(now),
               outcome ? outcome->ended : now};
  if (job && job->started)
    mine.start = *job->started;
  for (const auto& pod : view.pods)
    if (pod.job == view.lease.holder && pod.outcome
        && pod.outcome->started > instant{})
      mine.start = std::min(mine.start, pod.outcome->started);
  mine.end = std::max(mine.end, mine.start);
  return mine;
}

std::optional<instant> silent_since(const admission_view& view,
                                    const job_fact* job) {
  auto since = job ? job->finished : std::nullopt;
  for (const auto& pod : view.pods) {
    if (pod.job != view.lease.holder || pod.ended)
      continue;
    if (pod.vanished)
      since = std::max(since, pod.vanished);
    else if (!since)
      return std::nullopt;
  }
  // A Job that went with all it had, before we came: nothing will be heard.
  return since || job ? since : view.lease.acquired;
}

std::optional<instant> latest_end(const admission_view& view,
                                  const job_fact* job) {
  const auto& lease = view.lease;
  const auto limits = job ? view.limits.of(*job) : view.limits;
  auto latest = lease.deadline;
  if (!latest && lease.acquired)
    latest = limits.deadline_from(*lease.acquired);
  if (job && job->started)
    latest = std::max(latest,
                      std::optional{*job->started + limits.longest_possible()});
  return latest;
}

} // namespace holystone::scheduler
