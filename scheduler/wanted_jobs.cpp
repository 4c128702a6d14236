#include "scheduler/wanted_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holystone::scheduler {

namespace {

/// Days of `maintenanceIntervalDays` are compared with whole seconds.
bool too_soon(const admission_view& view, const job_fact& job, instant now) {
  return job.slot && job.kind == maintenance_kind::full
         && view.interval > seconds{0} && view.lease.known.success_ended
         && is_credible(*view.lease.known.success_ended, now)
         && now < *view.lease.known.success_ended + view.interval;
}

/// When a Job was due. A slot was due before the controller got round to it:
/// otherwise a Job made by hand meanwhile would use it up.
instant due(const job_fact& job) {
  return job.slot ? std::min(*job.slot, job.created) : job.created;
}

/// What a manual Job has to agree with; null: nobody wants it to run.
const manual_terms* terms_of(const admission_view& view, const job_fact& job) {
  auto i = std::ranges::find(view.manual, job.key, &manual_terms::job);
  return i != view.manual.end() && i->maintenance == job.manual->maintenance
             ? &*i
             : nullptr;
}

/// The volumes from which the location is known for whoever wants the Job.
const injection* injected_for(const admission_view& view, const job_fact& job) {
  if (!job.manual)
    return view.injected;
  const auto* terms = terms_of(view, job);
  return terms ? terms->injected : nullptr;
}

/// Did an admission policy give the Job other volumes than those from which the
/// location is known?
bool leads_elsewhere(const admission_view& view, const job_fact& job) {
  const auto* injected = injected_for(view, job);
  return injected && job.injected && *job.injected != injected->volumes;
}

/// Which of two waiting Jobs for a slot stays: what was made anew from the
/// current template stands for the older one that it replaces.
bool goes_first(const admission_view& view, const job_fact& a,
                const job_fact& b) {
  auto stale = is_outdated(view, a);
  return stale == is_outdated(view, b) ? comes_before(a, b) : !stale;
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

/// Did the fork's CronJob use the slot, or a later one, before it was replaced?
bool was_used_by_fork(const admission_view& view, const job_fact& job) {
  return std::ranges::any_of(view.jobs, [&](const job_fact& other) {
    return other.of_fork && other.slot && *other.slot >= *job.slot;
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
  if (was_used_by_fork(view, job))
    return "the VolSync fork's CronJob has used its slot";
  if (fell_due_meanwhile(view, job))
    return "its slot fell due while the run before it had not ended (A-13)";
  if (too_soon(view, job, now))
    return "maintenanceIntervalDays have not passed since the last success";
  return {};
}

/// Was another Job made in its stead? That one is its run, whatever the
/// template is now.
bool was_made_anew(const admission_view& view, const job_fact& job) {
  return std::ranges::any_of(view.jobs, [&](const job_fact& other) {
    return other.ours && other.made_for == job.uid;
  });
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
             || (why_spent(view, other, now).empty()
                 && !(other.manual && is_outdated(view, other)));
    return other.slot && other.kind == job.kind
           && (other.state == job_state::running
               || goes_first(view, other, job));
  });
}

} // namespace

bool is_waiting(const job_fact& job) {
  return job.state == job_state::waiting && job.ours && !job.deleting;
}

bool is_blocked_in(const admission_view& view, const job_fact& job) {
  return view.blocked && view.blocked(subject_of(job));
}

bool comes_before(const job_fact& a, const job_fact& b) {
  return std::pair{due(a), a.key} < std::pair{due(b), b.key};
}

bool is_of_old(const admission_view& view, const job_fact& job) {
  if (job.location != view.location)
    return true;
  if (!job.manual)
    return job.template_digest != view.template_digests[job.kind];
  const auto* terms = terms_of(view, job);
  return !terms || job.template_digest != terms->template_digest;
}

const std::string& secret_for(const admission_view& view, const job_fact& job) {
  const auto* terms = job.manual ? terms_of(view, job) : nullptr;
  return terms ? terms->secret : view.secret;
}

bool is_outdated(const admission_view& view, const job_fact& job) {
  return job.ticketless || is_of_old(view, job)
         || (leads_elsewhere(view, job)
             && job.created <= injected_for(view, job)->since);
}

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

std::string unwanted(const admission_view& view, const job_fact& job,
                     instant now) {
  if (job.manual)
    return {};
  if (view.template_digests[job.kind].empty())
    return "no claim asks for this maintenance any more";
  if (was_made_anew(view, job))
    return "another Job was made in its stead";
  if (auto why = why_spent(view, job, now); !why.empty())
    return why;
  if (is_duplicate(view, job, now))
    return "another Job of its kind, or a full one, waits or runs";
  return {};
}

} // namespace holystone::scheduler
