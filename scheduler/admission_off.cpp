#include "scheduler/admission_off.hpp"

#include "scheduler/lease_holder.hpp"
#include "scheduler/run_end.hpp"
#include "scheduler/wanted_jobs.hpp"

#include <algorithm>
#include <utility>

namespace holystone::scheduler {

namespace {

/// The Job that ended first of those that the ledger does not know; Jobs that
/// ended in one second are told apart by their UIDs.
const job_fact* first_uncounted(const admission_view& view) {
  const auto& known = view.lease.known;
  auto order = [](const job_fact& job) {
    return std::pair{*job.finished, job.uid};
  };
  const job_fact* first = nullptr;
  for (const auto& job : view.jobs)
    if (job.ours && job.finished && job.location == view.location
        && (!known.counted_at
            || std::pair{*known.counted_at, known.counted} < order(job))
        && (!first || order(job) < order(*first)))
      first = &job;
  return first;
}

/// Counts a Job that nobody had let in.
admission_step count_end(const admission_view& view, const job_fact& job,
                         instant now) {
  // The Job's end may be known before its pod's report.
  auto patience = *job.finished + patience_with_news;
  auto awaits_report = std::ranges::any_of(view.pods, [&](const auto& pod) {
    return pod.job == job.uid && !pod.ended && !pod.vanished;
  });
  if (awaits_report && now < patience)
    return stand_by{{}, false, patience};
  auto outcome = outcome_of(view, job.uid, &job, now);
  auto known = record(view.lease.known, job.uid, *outcome, job.secret);
  known.counted_at = job.finished;
  // Not all of our own runs are known now, so nothing tells others'.
  known.ours.clear();
  known.foreign.reset();
  return release_lease{std::move(known), job.key, std::move(outcome)};
}

/// A Job that waits from before admission was switched off runs in its turn.
admission_step let_go(const admission_view& view, const job_fact& job,
                      instant now) {
  if (auto why = unwanted(view, job, now); !why.empty())
    return drop_job{job, why};
  if (auto waits = obstacle(view, now))
    return *waits;
  return replace_job{job};
}

} // namespace

admission_step follow(const admission_view& view, instant now) {
  if (view.lease.holder) {
    const auto* job = holder_of(view);
    if (!job || job->state != job_state::waiting)
      return step_for_holder(view, now);
    if (auto waits = obstacle(view, now))
      return *waits;
    return release_lease{view.lease.known, job->key, {}};
  }
  if (const auto* job = first_uncounted(view))
    return count_end(view, *job, now);
  // What was made like this and suspended by its owner stays so.
  for (const auto& job : view.jobs)
    if (is_waiting(job) && !job.manual && !is_blocked_in(view, job)
        && (job.held || is_of_old(view, job)))
      return let_go(view, job, now);
  return stand_by{};
}

} // namespace holystone::scheduler
