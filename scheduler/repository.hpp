#pragma once

// The heart: one repository's maintenance as a pure, level-triggered
// reconciler. `next_step(facts, policy, now)` compares what is wanted with
// what is known and returns the single next write, or when to look again. The
// repository actor performs that write, folds the answer into the facts and
// asks again, so at most one request is in flight and every crash point can
// be enumerated. It reads no clock and does no I/O; it knows CronJobs only as
// intents and digests (k8s_io/manifests.hpp turns an intent into JSON).

#include "scheduler/admission.hpp"
#include "scheduler/claim_status.hpp"
#include "scheduler/secret_copies.hpp"
#include "scheduler/wanted_cron_job.hpp"

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

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
  /// It is in a namespace that the repository has left.
  bool is_elsewhere = false;
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

/// One write; the alternatives are the whole vocabulary of a repository.
using repository_action
    = std::variant<std::monostate, acquire_lease, resume_job, suspend_job,
                   drop_job, replace_job, release_lease, write_copy,
                   delete_copy, apply_cron_job, set_last_schedule,
                   delete_cron_job, delete_lease, write_status>;

/// Identifies what an action is about, for back-off: a failed action is not
/// tried again before its time, while the others go on.
std::string subject_of(const repository_action& action);

/// What to do next.
struct repository_step {
  repository_action action;
  /// Sent when the action has succeeded.
  std::vector<event_note> events;
  /// When to look again without an event.
  std::optional<instant> wake;
  /// Why nothing runs now, one sentence.
  std::string reason;
  /// A Job waits for a place among all repositories.
  bool wants_grant = false;
  /// Nothing is left to own: the actor may end.
  bool finished = false;
};

/// Decides the next step.
repository_step next_step(const repository_facts& facts,
                          const repository_policy& policy,
                          const is_blocked& blocked, instant now);

} // namespace holystone::scheduler
