#pragma once

// One maintenance at a time. Given what is known of a location's Jobs, pods
// and Lease, `admit` says which single thing to do next: acquire the Lease for
// a waiting Job, resume the holder, suspend a Job that runs without the Lease,
// drop a Job that must not run, or release. It is pure and level-triggered, so
// that it can be asked again after any crash or lost reply. The rules A-1 to
// A-15 of the admission experiments are cited where they bind. It neither makes
// CronJobs nor talks to the API server. wanted_jobs.hpp, lease_holder.hpp and
// run_end.hpp are its parts; with `--admission=off` admission_off.hpp takes its
// place.

#include "scheduler/claims.hpp"
#include "scheduler/ledger.hpp"
#include "scheduler/object_key.hpp"
#include "scheduler/shared_repository.hpp"
#include "scheduler/shared_value.hpp"
#include "scheduler/time.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holystone::scheduler {

/// Where a Job stands; finished means Complete or Failed is True.
enum class job_state { waiting, running, complete, failed };

/// Whose manual run a Job is, and for which tag.
struct manual_mark {
  /// The KopiaMaintenance that owns it.
  object_uid maintenance;
  std::string tag;

  friend bool operator==(const manual_mark&, const manual_mark&) = default;
};

/// A maintenance Job as the API server shows it.
struct job_fact {
  object_key key;
  object_uid uid;
  resource_version version;
  instant created;
  job_state state = job_state::waiting;
  maintenance_kind kind = maintenance_kind::full;
  /// The slot of a scheduled Job; absent for one made by hand.
  std::optional<instant> slot;
  std::optional<instant> started;
  std::optional<instant> finished;
  /// Reason and message of the Failed condition.
  std::string reason;
  std::string message;
  /// Location hash that the Job carries; picks the Lease.
  std::string location;
  /// Digest of the template that the Job was made from.
  std::string template_digest;
  /// Made from our CronJob; a foreign one is respected, never touched.
  bool ours = true;
  /// The VolSync fork made it (predecessors.hpp); then it is not ours.
  bool of_fork = false;
  /// It has a deletionTimestamp.
  bool deleting = false;
  /// Pods that the Job controller counts, in whatever state they are: each
  /// must have been seen to end before a failed Job is over.
  std::int64_t pods = 0;
  /// It waits, but had started without the ticket: before Kubernetes 1.36 its
  /// template can't be changed any more, so that it is made anew.
  bool ticketless = false;
  /// It waits because we suspended it, not because its template says so.
  bool held = false;
  /// What it authenticates with, if its template says so (`--admission=off`).
  std::string secret{};
  /// The volumes that an admission policy gave it; absent: its template has a
  /// volume for the repository, so that none is looked for.
  std::optional<std::vector<named_volume>> injected{};
  /// Its own activeDeadlineSeconds, which claims may set; 0: none.
  seconds deadline{0};
  /// It is the run of a KopiaMaintenance's manual trigger.
  shared_value<manual_mark> manual{};
  /// The Job in whose stead it was made; that one may be there still.
  object_uid made_for{};

  friend bool operator==(const job_fact&, const job_fact&) = default;
};

/// A pod of a maintenance Job.
struct pod_fact {
  object_key key;
  object_uid uid;
  /// UID of the Job, by label, never by ownerReference.
  object_uid job;
  instant created;
  /// A node was chosen, so its containers may have started.
  bool bound = false;
  /// It is of a Job that the VolSync fork made.
  bool of_fork = false;
  /// Since when it is there although no container of it has run.
  std::optional<instant> pending_since{};
  /// Why none can: an image that can't be pulled, for example.
  std::string obstacle{};
  /// From here on its own deadline ends it, even on a node that nobody hears
  /// from: its creation, once it has started or is being deleted.
  std::optional<instant> bounded_since{};
  /// The kubelet reported every container terminated, or it was never bound.
  bool ended = false;
  /// When the object went although it had not ended.
  std::optional<instant> vanished;
  std::optional<run_outcome> outcome;
  /// Its own activeDeadlineSeconds; 0: none.
  seconds deadline{0};

  friend bool operator==(const pod_fact&, const pod_fact&) = default;
};

/// The repository's Lease; the durable record of who may run.
struct lease_fact {
  bool exists = false;
  object_key key;
  object_uid uid;
  resource_version version;
  /// UID of the Job that holds it; empty: free.
  object_uid holder;
  object_key holder_job;
  /// Who else holds it, if that is no Job of which we have noted the name.
  std::string foreign_holder{};
  std::optional<instant> acquired;
  /// Until when an unaccounted pod of the holder may still run.
  std::optional<instant> deadline;
  /// The claim that won when the Lease was last written.
  std::optional<claim_key> winner;
  /// The Secret that the holder's run authenticates with (see ledger.hpp).
  std::string secret;
  ledger known;
  bool deleting = false;

  friend bool operator==(const lease_fact&, const lease_fact&) = default;
};

/// No run may last longer, whatever is asked for.
inline constexpr seconds longest_run{31 * 86'400};

/// Bounds of one run, in the template and in the Lease's deadline.
struct run_limits {
  /// `activeDeadlineSeconds` of the Job; a pod's own is 60 s more.
  seconds job_deadline{10800};
  seconds termination_grace{30};

  /// The same for one Job or pod whose own deadline is another (section 7): the
  /// claim that wins now may say otherwise than the one that it was made for.
  run_limits of(const job_fact& job) const {
    return {job.deadline > seconds{0} ? job.deadline : job_deadline,
            termination_grace};
  }
  run_limits of(const pod_fact& pod) const {
    return {pod.deadline > seconds{60} ? pod.deadline - seconds{60}
                                       : job_deadline,
            termination_grace};
  }

  /// How long after its resume a Job's pod can run at the very latest: the
  /// last possible pod start, the pod's deadline, its grace, and a minute.
  seconds longest_possible() const {
    return job_deadline + (job_deadline + seconds{60}) + termination_grace
           + seconds{60};
  }

  /// The deadline to write at `now`: a resume within ten minutes is covered, a
  /// later one takes the Lease anew.
  instant deadline_from(instant now) const {
    return now + longest_possible() + seconds{600};
  }
};

/// Which subjects are in back-off: a failed action is not tried again before
/// its time, while the others go on.
using is_blocked = std::function<bool(const std::string& subject)>;

/// What an action on this Job is about.
std::string subject_of(const job_fact& job);

/// Does it wait or run?
bool is_unfinished(const job_fact& job);

/// What the Job of a manual run has to agree with: its own KopiaMaintenance,
/// whoever wins the repository (contract section 7).
struct manual_terms {
  object_key job;
  object_uid maintenance;
  /// Of its template as it is wanted now.
  std::string template_digest;
  /// What a run that started now would authenticate with.
  std::string secret;
  /// As `admission_view::injected`.
  const injection* injected = nullptr;
};

/// Everything that `admit` decides from.
struct admission_view {
  const std::vector<job_fact>& jobs;
  const std::vector<pod_fact>& pods;
  const lease_fact& lease;
  /// Hash of the location as it is wanted now.
  std::string location;
  /// Digests of the CronJobs' templates as they are wanted now; empty: nobody
  /// asks for this kind of maintenance any more.
  per_kind<std::string> template_digests;
  /// Since when the schedule is in force; older slots are dropped.
  per_kind<std::optional<instant>> effective_since;
  /// Full slots sooner than this after a success are dropped; 0 s: none.
  seconds interval{0};
  /// The holder if this process knows that it was never resumed: then a Job
  /// that went away left no pod behind.
  object_uid never_resumed;
  /// The limits over all repositories leave room for one more run.
  bool granted = true;
  /// The Secret and version that a run which started now would authenticate
  /// with (see ledger.hpp).
  std::string secret;
  run_limits limits;
  /// A scheduled Job starts this long after its slot (`--maintenance-jitter`,
  /// spread by the repository's hash).
  seconds lag{0};
  /// Empty: nothing is.
  is_blocked blocked{};
  /// What other locations of the same repository mean for ours.
  sharing shared{};
  /// How many pods the holder's Job had made when it went; none: nobody knows.
  std::optional<std::int64_t> holder_pods{};
  /// The volumes of an admission policy from which the location is known; null:
  /// it does not depend on them.
  const injection* injected = nullptr;
  /// Of the manual runs that are wanted now. Other manual Jobs do not start;
  /// they are dropped by manual_run.hpp, once their KopiaMaintenance was told.
  std::vector<manual_terms> manual{};
};

/// Take the Lease for a waiting Job, with the version that was seen.
struct acquire_lease {
  job_fact job;
  instant deadline;
  /// What its run will authenticate with.
  std::string secret;
};

/// Let the Lease's holder run: suspend false, the ticket, the policy.
struct resume_job {
  job_fact job;
};

/// Suspend a Job that runs without holding the Lease.
struct suspend_job {
  job_fact job;
};

/// Delete a waiting or unneeded Job by UID and version.
struct drop_job {
  job_fact job;
  std::string reason;
};

/// Make a waiting Job anew from the current template, then drop it.
struct replace_job {
  job_fact job;
};

/// Free the Lease and write the ledger in one patch.
struct release_lease {
  ledger known;
  /// The Job that ended, and how; absent when it never ran.
  object_key job;
  std::optional<run_outcome> outcome;
};

/// Nothing to do now.
struct stand_by {
  /// One sentence for `why`; empty when nothing waits.
  std::string reason;
  /// A Job waits only for the limits over all repositories.
  bool wants_grant = false;
  /// When to look again without an event.
  std::optional<instant> wake;
  /// Something is wrong that users are told at once, not after a long wait.
  bool is_stuck = false;
};

using admission_step
    = std::variant<stand_by, acquire_lease, resume_job, suspend_job, drop_job,
                   replace_job, release_lease>;

/// Decides the next step for one location; what is blocked is passed over, so
/// that one Job that can't be written to holds up nothing that is safe.
admission_step admit(const admission_view& view, instant now);

/// What frees a Lease by hand and keeps the results that it records.
std::string command_to_free(const object_key& lease);

} // namespace holystone::scheduler
