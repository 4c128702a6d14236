#pragma once

// The heart: one repository's maintenance as a pure, level-triggered
// reconciler. `next_step(facts, policy, now)` compares what is wanted with
// what is known and returns the single next write, or when to look again. The
// repository actor performs that write, folds the answer into the facts and
// asks again, so at most one request is in flight and every crash point can
// be enumerated. It reads no clock and does no I/O; it knows CronJobs only as
// intents and digests (k8s_io/manifests.hpp turns an intent into JSON).

#include "scheduler/admission.hpp"
#include "scheduler/claims.hpp"
#include "scheduler/repository_identity.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holystone::scheduler {

/// What a copy is made from.
struct copy_source {
  enum class kind { secret, ca_secret, ca_config_map };

  kind what = kind::secret;
  object_key key;
  /// The key inside a CA object; empty for a repository Secret.
  std::string data_key;

  friend auto operator<=>(const copy_source&, const copy_source&) = default;
};

/// A Secret copy in the operator namespace, as its metadata shows it.
struct copy_fact {
  object_key key;
  object_uid uid;
  resource_version version;
  copy_source source;
  object_uid source_uid;
  std::string source_version;
  std::string resync;
};

/// The CronJob as wanted: everything that its manifest is made from.
struct cron_job_intent {
  object_key key;
  repository_id id;
  /// Hash of the location; names the Lease and goes with every Job.
  repository_id location_id;
  /// Canonical JSON of the location, recorded for restarts.
  std::string location;
  maintenance_settings settings;
  /// The settings' schedule with `H` resolved.
  std::string schedule;
  claim_key winner;
  std::vector<std::string> namespaces;
  /// Clients whose ownership may be taken, sorted (contract section 6).
  std::vector<std::string> known_identities;
  /// Name of the winner's Secret copy.
  std::string credentials;
  /// Name of the CA's copy; empty: none.
  std::string ca;
  std::string conflict;
  instant effective_since;
};

/// Digests of a manifest's owned fields: of the whole, and of the Job template.
struct manifest_digests {
  std::string whole;
  std::string job_template;
};

/// The CronJob under our name as the API server shows it.
struct cron_job_fact {
  bool exists = false;
  object_uid uid;
  resource_version version;
  /// Carries our label; otherwise somebody else's object has our name.
  bool ours = false;
  bool deleting = false;
  std::string schedule;
  std::string time_zone;
  bool suspend = false;
  instant created;
  std::optional<instant> last_schedule;
  std::optional<instant> effective_since;
  std::optional<claim_key> winner;
  std::string conflict;
  /// Digest of the owned fields as they are now.
  std::string digest;
};

/// `status.kopia` and condition MaintenanceReady of a claimant.
struct claim_status {
  std::optional<instant> last_maintenance;
  std::optional<instant> next_maintenance;
  int failures = 0;
  std::string cron_job;
  std::int64_t observed_generation = 0;
  /// `True` or `False`.
  bool ready = false;
  std::string reason;
  std::string message;

  friend bool operator==(const claim_status&, const claim_status&) = default;
};

/// A claim together with the status that it has now.
struct claimant {
  claim wish;
  /// Where its repository is; empty while that is unknown.
  repository_id location_id;
  std::string location;
  /// Absent: no status of ours was ever written.
  std::optional<claim_status> status;
  /// When the condition took the value that it has.
  std::optional<instant> since;
};

/// An Event on a user's object.
struct event_note {
  claim_key regarding;
  object_uid uid;
  bool warning = false;
  std::string reason;
  std::string message;
};

/// Everything that is known of one repository.
struct repository_facts {
  repository_id id;
  repository_id location_id;
  std::string location;
  std::vector<claimant> claimants;
  cron_job_fact cron_job;
  std::vector<copy_fact> copies;
  std::vector<job_fact> jobs;
  std::vector<pod_fact> pods;
  lease_fact lease;
  /// The registry gave this repository one of the places to run.
  bool granted = false;
  object_uid never_resumed;
  /// An apply of `wanted` left `found`: a webhook changes our object; it is
  /// not fought (PERTURB-15).
  struct {
    std::string wanted;
    std::string found;
  } settled;
};

/// What the operator's flags and build say to every repository.
struct repository_policy {
  std::string operator_namespace;
  run_limits limits;
  /// Digests of the manifest that an intent becomes.
  std::function<manifest_digests(const cron_job_intent&)> digests;
  /// `--maintenance-jitter`: scheduled runs start up to this long after their
  /// slot.
  seconds jitter{0};
};

/// Copy a Secret or CA object, or bring a copy up to date.
struct write_copy {
  copy_source source;
  object_uid source_uid;
  std::string source_version;
  std::string resync;
  /// The existing copy; its key is empty when there is none yet.
  copy_fact existing;
};

/// Delete a copy that nobody needs.
struct delete_copy {
  copy_fact copy;
};

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

/// One write; the alternatives are the whole vocabulary of a repository.
using repository_action
  = std::variant<std::monostate, acquire_lease, resume_job, suspend_job,
                 drop_job, replace_job, release_lease, write_copy, delete_copy,
                 apply_cron_job, set_last_schedule, delete_cron_job,
                 delete_lease, write_status>;

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

/// Which subjects are in back-off at `now`.
using is_blocked = std::function<bool(const std::string& subject)>;

/// Who wins, and why not, as the inspection shows it.
const claimant* winner_of(const repository_facts& facts);

/// The CronJob that is wanted; empty when nobody can win yet.
std::optional<cron_job_intent> wanted_cron_job(const repository_facts& facts,
                                               const repository_policy& policy,
                                               instant now);

/// The status that a claimant should have.
claim_status wanted_status(const repository_facts& facts,
                           const claimant& who, instant now);

/// Decides the next step.
repository_step next_step(const repository_facts& facts,
                          const repository_policy& policy,
                          const is_blocked& blocked, instant now);

} // namespace holystone::scheduler
