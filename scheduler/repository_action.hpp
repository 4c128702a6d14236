#pragma once

// Everything that can be done for a repository, each as one write. An action is
// plain data: repository.hpp and its parts choose it, the repository's actor
// performs it, and by its subject a failure is remembered.

#include "scheduler/admission.hpp"
#include "scheduler/predecessors.hpp"
#include "scheduler/repository_facts.hpp"
#include "scheduler/secret_copies.hpp"
#include "scheduler/wanted_cron_job.hpp"

#include <string>
#include <variant>

namespace holystone::scheduler {

/// Server-side apply of the CronJob.
struct apply_cron_job {
  cron_job_intent wanted;
  manifest_digests digests;
  /// UID of the existing object, so that none is resurrected.
  object_uid uid;
};

/// Set `status.lastScheduleTime`, so that an edit fires nothing.
struct set_last_schedule {
  object_key key;
  object_uid uid;
  instant slot;
};

/// Delete the CronJob with its finished Jobs.
struct delete_cron_job {
  object_key key;
  object_uid uid;
};

/// Delete the repository's Lease when nothing claims it.
struct delete_lease {
  lease_fact lease;
};

/// Write a claimant's status.
struct write_status {
  claim_key who;
  object_uid uid;
  claim_status status;
  /// When the condition takes or took its value.
  instant since;
};

/// Remove the fork's finalizer from a KopiaMaintenance that is being deleted.
struct remove_finalizer {
  claim_key who;
  object_uid uid;
  /// Where it is among the finalizers.
  std::size_t at = 0;
};

/// Server-side apply of the claim for a KopiaMaintenance's cache.
struct apply_cache_claim {
  cache_claim_intent wanted;
  /// UID of the existing object; empty: there is none.
  object_uid uid;
};

/// Delete such a claim, which its KopiaMaintenance wants no more.
struct delete_cache_claim {
  object_key key;
  object_uid uid;
};

/// Make the Job of a manual run.
struct make_job {
  cron_job_intent wanted;
};

/// Write the ledger into the Lease and nothing else.
struct write_ledger {
  ledger known;
};

/// Take `reset-failures` from a KopiaMaintenance whose wish was granted.
struct settle_reset {
  claim_key who;
  object_uid uid;
};

/// One write; the alternatives are the whole vocabulary of a repository.
using repository_action
    = std::variant<std::monostate, acquire_lease, resume_job, suspend_job,
                   drop_job, replace_job, release_lease, write_copy,
                   delete_copy, apply_cron_job, set_last_schedule,
                   delete_cron_job, delete_lease, write_status,
                   remove_finalizer, apply_cache_claim, delete_cache_claim,
                   make_job, write_ledger, settle_reset, suspend_predecessor,
                   adopt_predecessor, remove_predecessor>;

/// Identifies what an action is about, for back-off: a failed action is not
/// tried again before its time, while the others go on.
std::string subject_of(const repository_action& action);

/// What lastingly fails about such an action; null: nothing does.
const write_failure* trouble_of(const repository_facts& facts,
                                const repository_action& action);

/// What lastingly fails about making this Job; null: nothing does.
const write_failure* trouble_with_making(const repository_facts& facts,
                                         const object_key& job);

} // namespace holystone::scheduler
