#include "scheduler/admission.hpp"

#include "scheduler/lease_holder.hpp"
#include "scheduler/run_end.hpp"
#include "scheduler/wanted_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

/// The first of those that wait, when nobody holds the Lease.
admission_step step_for_next(const admission_view& view, instant now) {
  const job_fact* next = nullptr;
  const job_fact* passed_over = nullptr;
  std::optional<instant> later;
  for (const auto& job : view.jobs) {
    // One of an outdated manual run is made anew by manual_run.hpp.
    if (!is_waiting(job) || (job.manual && is_outdated(view, job)))
      continue;
    // Its slot is past by the API server's clock; ours may be behind.
    if (job.slot && view.lag > seconds{0} && now < *job.slot + view.lag)
      later = std::min(later.value_or(*job.slot + view.lag),
                       *job.slot + view.lag);
    else if (is_blocked_in(view, job))
      passed_over = &job;
    else if (!next || comes_before(job, *next))
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
  return acquire_lease{*next, view.limits.of(*next).deadline_from(now),
                       secret_for(view, *next)};
}

} // namespace

bool is_unfinished(const job_fact& job) {
  return job.state == job_state::waiting || job.state == job_state::running;
}

std::string subject_of(const job_fact& job) {
  return "job/" + to_string(job.key);
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
                    "when nobody needs it: {}",
                    to_string(view.lease.key), view.lease.foreign_holder,
                    command_to_free(view.lease.key)),
        false,
        {},
        true};
  return view.lease.holder ? step_for_holder(view, now)
                           : step_for_next(view, now);
}

std::string command_to_free(const object_key& lease) {
  return fmt::format("kubectl -n {} patch lease {} --type=merge -p "
                     "'{{\"spec\":{{\"holderIdentity\":null}}}}'",
                     lease.ns, lease.name);
}

} // namespace holystone::scheduler
