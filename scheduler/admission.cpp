#include "scheduler/admission.hpp"

#include "scheduler/run_end.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

/// A clock that was wrong once must not stop maintenance until its time comes.
bool is_credible(instant at, instant now) {
  return at <= now + std::chrono::minutes{5};
}

/// Days of `maintenanceIntervalDays` are compared with whole seconds.
bool too_soon(const admission_view& view, const job_fact& job, instant now) {
  return job.slot && job.kind == maintenance_kind::full
         && view.interval > seconds{0} && view.lease.known.success_ended
         && is_credible(*view.lease.known.success_ended, now)
         && now < *view.lease.known.success_ended + view.interval;
}

bool is_waiting(const job_fact& job) {
  return job.state == job_state::waiting && job.ours && !job.deleting;
}

/// When a Job was due. A slot was due before the controller got round to it:
/// otherwise a Job made by hand meanwhile would use it up.
instant due(const job_fact& job) {
  return job.slot ? std::min(*job.slot, job.created) : job.created;
}

/// Earlier in the queue: by when it was due, then by name, which is unique.
bool before(const job_fact& a, const job_fact& b) {
  return std::pair{due(a), a.key} < std::pair{due(b), b.key};
}

bool is_blocked_in(const admission_view& view, const job_fact& job) {
  return view.blocked && view.blocked(subject_of(job));
}

bool is_of_old(const admission_view& view, const job_fact& job) {
  return job.location != view.location
         || job.template_digest != view.template_digests[job.kind];
}

/// Did an admission policy give the Job other volumes than those from which the
/// location is known?
bool leads_elsewhere(const admission_view& view, const job_fact& job) {
  return view.injected && job.injected
         && *job.injected != view.injected->volumes;
}

bool is_outdated(const admission_view& view, const job_fact& job) {
  return job.ticketless || is_of_old(view, job)
         || (leads_elsewhere(view, job) && job.created <= view.injected->since);
}

/// Which of two waiting Jobs for a slot stays: what was made anew from the
/// current template stands for the older one that it replaces.
bool goes_first(const admission_view& view, const job_fact& a,
                const job_fact& b) {
  auto stale = is_outdated(view, a);
  return stale == is_outdated(view, b) ? before(a, b) : !stale;
}

/// Did the slot of `job` fall due while a scheduled Job waited or ran? The
/// CronJob controller makes up for it once that has ended.
bool fell_due_meanwhile(const admission_view& view, const job_fact& job) {
  return std::ranges::any_of(view.jobs, [&](const job_fact& other) {
    return other.uid != job.uid && other.ours && other.slot
           && other.kind == job.kind && other.finished
           && other.created <= *job.slot && *job.slot <= *other.finished;
  });
}

/// Why the slot of a waiting Job is not to be used, whatever else waits; empty
/// when it is.
std::string why_spent(const admission_view& view, const job_fact& job,
                      instant now) {
  if (!job.slot)
    return {};
  if (!view.shared.standby.empty())
    return view.shared.standby;
  if (const auto& since = view.effective_since[job.kind];
      since && is_credible(*since, now) && *job.slot < *since)
    return "its slot is older than the schedule that is in force (A-12)";
  if (const auto& done = view.lease.known.success_started;
      done && is_credible(*done, now) && *job.slot <= *done)
    return "a full run that began after its slot has succeeded (A-13)";
  if (fell_due_meanwhile(view, job))
    return "its slot fell due while the run before it had not ended (A-13)";
  if (too_soon(view, job, now))
    return "maintenanceIntervalDays have not passed since the last success";
  return {};
}

/// Does another Job make the slot of `job` superfluous (contract section 5)?
bool is_duplicate(const admission_view& view, const job_fact& job,
                  instant now) {
  if (!job.slot)
    return false;
  return std::ranges::any_of(view.jobs, [&](const job_fact& other) {
    if (other.uid == job.uid || !other.ours || !is_unfinished(other)
        || other.deleting)
      return false;
    if (job.kind == maintenance_kind::quick
        && other.kind == maintenance_kind::full)
      return other.state == job_state::running
             || why_spent(view, other, now).empty();
    return other.slot && other.kind == job.kind
           && (other.state == job_state::running
               || goes_first(view, other, job));
  });
}

/// Why a waiting Job must not run at all; empty when it may.
std::string unwanted(const admission_view& view, const job_fact& job,
                     instant now) {
  if (view.template_digests[job.kind].empty())
    return "no claim asks for this maintenance any more";
  if (auto why = why_spent(view, job, now); !why.empty())
    return why;
  if (is_duplicate(view, job, now))
    return "another Job of its kind, or a full one, waits or runs";
  return {};
}

const job_fact* find(const std::vector<job_fact>& jobs, const object_uid& uid) {
  auto i = std::ranges::find(jobs, uid, &job_fact::uid);
  return i == jobs.end() ? nullptr : &*i;
}

/// News of a Job and of its pods come one after another.
constexpr seconds patience_with_news{60};

/// A Job or pod that runs beside the holder: not ours to stop, or not stopped
/// yet.
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
    if (is_live(pod, view.limits, now)) {
      stand_by waits{
          fmt::format("pod {} has not ended", to_string(pod.key)), false, {}};
      if (auto since = pod.vanished ? pod.vanished : pod.bounded_since)
        waits.wake = *since + view.limits.longest_possible();
      return waits;
    }
  return std::nullopt;
}

/// Where the volume of a Job leads to is known before it runs: that picks the
/// Lease (contract section 1).
std::optional<stand_by> unread_volume(const admission_view& view,
                                      const job_fact& job) {
  if (!leads_elsewhere(view, job))
    return std::nullopt;
  return stand_by{fmt::format("an admission policy gave Job {} a volume; what "
                              "lies on it is being found out",
                              to_string(job.key)),
                  false,
                  {}};
}

stand_by held_for_lost_pod(const admission_view& view,
                           std::optional<instant> until) {
  const auto& lease = view.lease;
  return {
      fmt::format(
          "the Lease is held for Job {} until {}, because nobody saw its "
          "pod end; when you know that it has ended, free it: kubectl -n {} "
          "exec deploy/volsync -- holystone release {}",
          to_string(lease.holder_job),
          until ? to_rfc3339(*until) : "it is released", lease.key.ns,
          view.location),
      false, until, true};
}

admission_step step_for_holder(const admission_view& view, instant now) {
  const auto& lease = view.lease;
  const auto* job = find(view.jobs, lease.holder);
  auto until = latest_end(view, job);
  auto deadline_passed = until && now >= *until;
  if (job && job->state == job_state::running && !deadline_passed)
    return stand_by{fmt::format("Job {} runs", to_string(job->key)), false,
                    until};
  // Its node is gone, or it would have ended; its pod's own deadline is past.
  if (job && job->state == job_state::running && !job->deleting)
    return drop_job{*job, "it outlived its deadline; its node may be gone"};
  if (job && job->state == job_state::waiting) {
    // Its pods go first, unless somebody's finalizer keeps it for ever.
    if (job->deleting && deadline_passed)
      return release_lease{lease.known, job->key, {}};
    if (job->deleting)
      return stand_by{
          fmt::format("Job {} is being deleted", to_string(job->key)), false,
          until};
    auto why = unwanted(view, *job, now);
    // Of two locations that took their Leases at once one makes room, or both
    // wait for ever.
    if (view.shared.gives_way)
      return why.empty() ? admission_step{replace_job{*job}}
                         : drop_job{*job, why};
    if (auto waits = obstacle(view, now))
      return *waits;
    if (!why.empty())
      return drop_job{*job, why};
    if (is_outdated(view, *job))
      return replace_job{*job};
    if (auto waits = unread_volume(view, *job))
      return *waits;
    // Counted from the resume, a run may last that long; and the Lease
    // says with what the run was let in.
    if (!until || *until < now + view.limits.longest_possible()
        || lease.secret != view.secret)
      return acquire_lease{*job, view.limits.deadline_from(now), view.secret};
    return resume_job{*job};
  }
  if (may_still_run(view, job, now) && !deadline_passed) {
    auto waits = held_for_lost_pod(view, until);
    auto told_at = silent_since(view, job).value_or(now) + patience_with_news;
    if (now < told_at) {
      waits.is_stuck = false;
      waits.wake = std::min(told_at, until.value_or(told_at));
    }
    return waits;
  }
  auto outcome = outcome_of(view, lease.holder, job, now);
  auto known = outcome
                   ? record(lease.known, lease.holder, *outcome, lease.secret)
                   : lease.known;
  if (job && job->finished)
    known.counted_at = job->finished;
  if (view.never_resumed != lease.holder)
    known = note_run(std::move(known), run_of_holder(view, job, outcome, now),
                     outcome);
  return release_lease{std::move(known), lease.holder_job, std::move(outcome)};
}

/// The first of those that wait, when nobody holds the Lease.
admission_step step_for_next(const admission_view& view, instant now) {
  const job_fact* next = nullptr;
  const job_fact* passed_over = nullptr;
  std::optional<instant> later;
  for (const auto& job : view.jobs) {
    if (!is_waiting(job))
      continue;
    // Its slot is past by the API server's clock; ours may be behind.
    if (job.slot && view.lag > seconds{0} && now < *job.slot + view.lag)
      later = std::min(later.value_or(*job.slot + view.lag),
                       *job.slot + view.lag);
    else if (is_blocked_in(view, job))
      passed_over = &job;
    else if (!next || before(job, *next))
      next = &job;
  }
  if (!next && passed_over)
    return stand_by{fmt::format("the last write to Job {} failed; it is tried "
                                "again",
                                to_string(passed_over->key)),
                    false, later};
  if (!next)
    return later ? stand_by{"its start is put off by --maintenance-jitter",
                            false, later}
                 : stand_by{};
  if (is_outdated(view, *next))
    return replace_job{*next};
  if (auto waits = unread_volume(view, *next))
    return *waits;
  if (auto waits = obstacle(view, now))
    return *waits;
  if (!view.granted)
    return stand_by{
        "the limit on concurrent maintenance leaves no room; spread the "
        "schedules or raise --max-concurrent-maintenance",
        true,
        {}};
  return acquire_lease{*next, view.limits.deadline_from(now), view.secret};
}

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
  auto patience = *job.finished + seconds{60};
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
  for (const auto& other : view.jobs)
    if (other.state == job_state::running)
      return stand_by{
          fmt::format("Job {} runs", to_string(other.key)), false, {}};
  if (auto waits = obstacle(view, now))
    return *waits;
  return replace_job{job};
}

} // namespace

bool is_live(const pod_fact& pod, const run_limits& limits, instant now) {
  if (pod.ended)
    return false;
  auto since = pod.vanished ? pod.vanished : pod.bounded_since;
  return !since || now < *since + limits.longest_possible();
}

bool is_spent(const job_fact& job, const run_limits& limits, instant now) {
  auto since = job.started.value_or(job.created);
  return job.ours && job.deleting && now >= since + limits.longest_possible();
}

bool is_unfinished(const job_fact& job) {
  return job.state == job_state::waiting || job.state == job_state::running;
}

std::string subject_of(const job_fact& job) {
  return "job/" + job.key.name;
}

admission_step admit(const admission_view& view, instant now) {
  for (const auto& job : view.jobs)
    if (job.ours && job.state == job_state::running && !job.deleting
        && job.uid != view.lease.holder && !is_blocked_in(view, job))
      return suspend_job{job};
  for (const auto& job : view.jobs)
    if (is_waiting(job) && job.uid != view.lease.holder
        && !is_blocked_in(view, job))
      if (auto why = unwanted(view, job, now); !why.empty())
        return drop_job{job, why};
  if (!view.lease.foreign_holder.empty())
    return stand_by{
        fmt::format("Lease {} is held by \"{}\", which is no Job of holystone; "
                    "delete the Lease if nobody needs it",
                    to_string(view.lease.key), view.lease.foreign_holder),
        false,
        {},
        true};
  return view.lease.holder ? step_for_holder(view, now)
                           : step_for_next(view, now);
}

admission_step follow(const admission_view& view, instant now) {
  if (const auto& holder = view.lease.holder) {
    const auto* job = find(view.jobs, holder);
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
    if (is_waiting(job) && !is_blocked_in(view, job)
        && (job.held || is_of_old(view, job)))
      return let_go(view, job, now);
  return stand_by{};
}

} // namespace holystone::scheduler
