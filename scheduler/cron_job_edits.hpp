#pragma once

// Which write brings a repository's CronJobs closer to what is wanted: an
// apply, the precaution before one, or the removal of a CronJob that is wanted
// no more or was left behind in another namespace. What each CronJob should be
// says wanted_cron_job.hpp; when one of these writes is due, repository.hpp.

#include "scheduler/repository_action.hpp"

#include <optional>
#include <string>

namespace holystone::scheduler {

/// The CronJobs that a repository should have where it is at home; made once a
/// step.
struct wishes {
  per_kind<std::optional<cron_job_intent>> cron_jobs;
  per_kind<manifest_digests> digests;
};

/// What is wanted now.
wishes wishes_of(const repository_facts& facts, const repository_policy& policy,
                 instant now);

/// Is the CronJob of this kind as it is wanted?
bool is_in_place(const repository_facts& facts, const wishes& wanted,
                 maintenance_kind kind);

/// The next write that brings the CronJob of this kind into its place; none
/// when it is there, or is not ours to write.
repository_action edit_of(const repository_facts& facts, const wishes& wanted,
                          maintenance_kind kind, instant now);

/// Removes a CronJob of the repository's.
delete_cron_job removal_of(const cron_job_fact& found);

/// Removes a CronJob from a namespace that the repository has left, or from one
/// that never was its home; none while a Job there is still of use.
repository_action sweep_of(const repository_facts& facts);

/// Is a CronJob of ours in another namespace, even if it is going?
bool is_elsewhere(const repository_facts& facts);

/// Which CronJob can't be written although it should be, and why, when that
/// goes on; empty: none.
write_failure cron_job_trouble(const repository_facts& facts,
                               const wishes& wanted,
                               const std::string& operator_namespace,
                               instant now);

} // namespace holystone::scheduler
