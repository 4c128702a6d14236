#include "scheduler/lease_holder.hpp"

#include "scheduler/run_end.hpp"
#include "scheduler/wanted_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

bool is_over(std::optional<instant> until, instant now) {
  return until && now >= *until;
}

/// A holder that is on its way out without having run. Its pods go first,
/// unless somebody's finalizer keeps it for ever.
admission_step step_for_leaving(const admission_view& view, const job_fact& job,
                                std::optional<instant> until, instant now) {
  if (is_over(until, now))
    return release_lease{view.lease.known, job.key, {}};
  return stand_by{fmt::format("Job {} is being deleted", to_string(job.key)),
                  false, until};
}

/// A holder that is let in but waits still.
admission_step step_for_let_in(const admission_view& view, const job_fact& job,
                               std::optional<instant> until, instant now) {
  auto why = unwanted(view, job, now);
  // Of two locations that took their Leases at once one makes room, or both
  // wait for ever.
  if (view.shared.gives_way && job.manual)
    return drop_job{job, "it makes room for the repository's other location"};
  if (view.shared.gives_way)
    return why.empty() ? admission_step{replace_job{job}} : drop_job{job, why};
  if (auto waits = obstacle(view, now))
    return *waits;
  if (!why.empty())
    return drop_job{job, why};
  if (is_outdated(view, job) && job.manual)
    return stand_by{
        fmt::format("Job {} is wanted no more as it is", to_string(job.key)),
        false,
        {}};
  if (is_outdated(view, job))
    return replace_job{job};
  if (auto waits = unread_volume(view, job))
    return *waits;
  // Counted from the resume, a run may last that long; and the Lease says
  // with what the run was let in.
  const auto limits = view.limits.of(job);
  const auto& secret = secret_for(view, job);
  if (!until || *until < now + limits.longest_possible()
      || view.lease.secret != secret)
    return acquire_lease{job, limits.deadline_from(now), secret};
  return resume_job{job};
}

stand_by held_for_lost_pod(const admission_view& view,
                           std::optional<instant> until) {
  const auto& lease = view.lease;
  return {fmt::format(
              "the Lease is held for Job {} until {}, because nobody saw its "
              "pod end; when you know that it has ended, free it, in the "
              "operator's pod for example: holystone release {} --namespace {}",
              to_string(lease.holder_job),
              until ? to_rfc3339(*until) : "it is released", view.location,
              lease.key.ns),
          false, until, true};
}

/// A run of which not all pods were seen to end; after a while of silence users
/// are told.
stand_by await_pods(const admission_view& view, const job_fact* job,
                    std::optional<instant> until, instant now) {
  auto waits = held_for_lost_pod(view, until);
  auto told_at = silent_since(view, job).value_or(now) + patience_with_news;
  if (now < told_at) {
    waits.is_stuck = false;
    waits.wake = std::min(told_at, until.value_or(told_at));
  }
  return waits;
}

/// Has a run been counted that ended after this one? Through an old cache a Job
/// that ended long ago looks as if it waited, and is given the Lease once more.
bool was_counted_before(const ledger& known, const job_fact& job, instant now) {
  return known.counted_at && job.finished && is_credible(*known.counted_at, now)
         && *job.finished < *known.counted_at;
}

/// Counts the run that has ended and frees the Lease.
release_lease end_run(const admission_view& view, const job_fact* job,
                      instant now) {
  const auto& lease = view.lease;
  if (job && was_counted_before(lease.known, *job, now))
    return {lease.known, lease.holder_job, {}};
  auto outcome = outcome_of(view, lease.holder, job, now);
  auto known = outcome
                   ? record(lease.known, lease.holder, *outcome, lease.secret)
                   : lease.known;
  // Not by our clock: one that is ahead would hide later runs.
  if (job)
    known.counted_at
        = job->finished ? *job->finished : job->started.value_or(job->created);
  if (view.never_resumed != lease.holder)
    known = note_run(std::move(known), run_of_holder(view, job, outcome, now),
                     outcome);
  return {std::move(known), lease.holder_job, std::move(outcome)};
}

} // namespace

admission_step step_for_holder(const admission_view& view, instant now) {
  const auto* job = holder_of(view);
  auto until = latest_end(view, job);
  if (job && job->state == job_state::waiting)
    return job->deleting ? step_for_leaving(view, *job, until, now)
                         : step_for_let_in(view, *job, until, now);
  if (job && job->state == job_state::running) {
    if (!is_over(until, now))
      return stand_by{fmt::format("Job {} runs", to_string(job->key)), false,
                      until};
    // Its node is gone, or it would have ended; its pod's deadline is past.
    if (!job->deleting)
      return drop_job{*job, "it outlived its deadline; its node may be gone"};
  }
  if (!is_over(until, now) && may_still_run(view, job, now))
    return await_pods(view, job, until, now);
  return end_run(view, job, now);
}

} // namespace holystone::scheduler
