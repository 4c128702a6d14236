#pragma once

// What is asked of a maintenance Job: to be made, to run, to wait, to go.
// Pure functions from facts to requests, each guarded by the identity of the
// object that it changes. Called by the job runner and the repository actor,
// which decide nothing; scheduler/admission.hpp does.

#include "k8s_io/pod_template.hpp"
#include "k8s_io/requests.hpp"
#include "scheduler/repository.hpp"

#include <string_view>

namespace holystone::k8s_io {

/// A Job as the CronJob's template makes it in place of `old`, which may be in
/// another namespace. The CronJob `owner` beside it controls it, as if it had
/// made it: history limits count it, and it goes with the CronJob.
request recreate_job(const cron_job_intent& wanted, const mover_settings& mover,
                     const job_fact& old, const object_uid& owner);

/// The Job of a manual run. Its KopiaMaintenance owns it, so that it goes with
/// that and no history limit of a CronJob counts it.
request create(const make_job& what, const mover_settings& mover);

/// Lets a Job run: the ticket, the replacement policy, our labels and our runs
/// up to now, guarded by UID and version.
request resume(const job_fact& job, std::string_view location,
               const own_runs& ours);

/// Suspends a Job, guarded by its UID, and notes that we did.
request suspend(const job_fact& job);

/// Deletes a Job by UID and version, in the foreground.
request remove(const job_fact& job);

} // namespace holystone::k8s_io
