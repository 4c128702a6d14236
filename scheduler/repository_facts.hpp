#pragma once

// What is known of one repository: its claimants with the status that each of
// them shows, the CronJobs, the Secret copies, the Jobs, pods and the Lease as
// the API server last told them. Plain data; the repository's actor folds
// observations in, the decisions of this room read it.

#include "scheduler/admission.hpp"
#include "scheduler/claims.hpp"
#include "scheduler/maintenance_kind.hpp"
#include "scheduler/repository_identity.hpp"
#include "scheduler/shared_repository.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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
  bool deleting = false;
};

/// A CronJob under one of our names as the API server shows it.
struct cron_job_fact {
  bool exists = false;
  object_key key;
  /// It is in the operator's namespace, where no tenant writes.
  bool is_operators = false;
  object_uid uid;
  resource_version version;
  /// Carries our labels; otherwise somebody else's object has our name.
  bool ours = false;
  bool deleting = false;
  std::string schedule;
  std::string time_zone;
  bool suspend = false;
  /// Its Jobs are made suspended and wait for the operator.
  bool holds_jobs = true;
  instant created;
  std::optional<instant> last_schedule;
  std::optional<instant> effective_since;
  std::optional<claim_key> winner;
  std::string conflict;
  /// Digest of the owned fields as they are now.
  std::string digest;
};

/// Something that the VolSync fork left behind (predecessors.hpp).
struct predecessor {
  enum class kind { cron_job, secret_copy };

  kind what = kind::cron_job;
  /// Never ours; of a copy there are only key, UID and version.
  cron_job_fact object;
  /// What its Jobs work with: it tells the repository. A copy is that itself.
  object_key secret;
  /// Jobs of it run, says the CronJob controller.
  bool active = false;
  /// It is for a KopiaMaintenance, which is left to the fork while that leads.
  bool of_maintenance = false;
  /// Its fields are ours already.
  bool is_adopted = false;
  /// When we wrote to it last.
  std::optional<instant> touched;
};

/// A condition besides the one that says whether the claim is maintained.
struct side_condition {
  std::string type;
  std::string reason;
  std::string message;
  instant since;
  bool is_true = true;

  friend bool operator==(const side_condition&, const side_condition&)
      = default;
};

/// The conditions that are there while there is something to warn of (A-11,
/// A-21), in the order in which they stand.
inline constexpr std::array<std::string_view, 2> warning_types{
    "ForeignMaintenance", "SharedRepository"};

/// The conditions that every KopiaMaintenance has beside `Ready`, in the order
/// in which they stand (contract section 7).
inline constexpr std::array<std::string_view, 3> standalone_types{
    "Reconciling", "Error", "MaintenanceHealthy"};

/// How a KopiaMaintenance's last manual run ended.
struct manual_result {
  std::string tag;
  bool succeeded = false;
  std::string reason;
  instant finished;

  friend bool operator==(const manual_result&, const manual_result&) = default;
};

/// What only a KopiaMaintenance's status has.
struct standalone_status {
  /// The schedule in force; empty when manual.
  std::string schedule;
  /// When something was last changed for this object, successfully.
  std::optional<instant> last_reconcile;
  /// The last manual tag whose run succeeded.
  std::string last_manual_sync;
  std::optional<manual_result> last_manual_result;

  friend bool operator==(const standalone_status&, const standalone_status&)
      = default;
};

/// The status of a claimant: `status.kopia` of a ReplicationSource, or that of
/// a KopiaMaintenance, with their conditions.
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
  /// KopiaMaintenances have all of theirs, warnings stand while they hold.
  std::vector<side_condition> conditions;
  /// The KopiaMaintenance that maintains a source's repository.
  std::string kopia_maintenance{};
  shared_value<standalone_status> standalone{};

  friend bool operator==(const claim_status&, const claim_status&) = default;
};

/// What we wrote to a claimant's status last.
struct written_status {
  claim_status status;
  /// The Job that was counted last then: it tells the runs apart.
  object_uid after;
  /// Somebody had overwritten what we wrote before.
  bool is_repair = false;
};

/// A claim together with the status that it has now.
struct claimant {
  claim wish;
  /// Where its repository is; empty while that is unknown.
  repository_id location_id;
  std::string location;
  reach reached_by = reach::network;
  /// Absent: no status of ours was ever written.
  std::optional<claim_status> status;
  /// When the condition took the value that it has.
  std::optional<instant> since;
  /// Absent: this process wrote none.
  std::optional<written_status> written;
};

/// Digests of an apply and of what it left: when a webhook changes our object,
/// it is not fought (PERTURB-15).
struct settled_apply {
  std::string wanted;
  std::string found;
};

/// A Job that went, as far as that matters afterwards.
struct gone_job {
  object_uid uid;
  /// How many pods it had made.
  std::int64_t pods = 0;
};

/// What lastingly fails about a write.
struct write_failure {
  std::string message;
  /// The API server's own word for it, e.g. `Forbidden`; empty: it said none.
  std::string reason{};

  friend bool operator==(const write_failure&, const write_failure&) = default;
};

/// Everything that is known of one repository.
struct repository_facts {
  repository_id id;
  repository_id location_id;
  std::string location;
  reach reached_by = reach::network;
  std::vector<claimant> claimants;
  /// Those of the namespace where the repository is at home (home.hpp).
  per_kind<cron_job_fact> cron_jobs;
  /// Those under our names in other namespaces.
  per_kind<std::vector<cron_job_fact>> elsewhere;
  std::vector<copy_fact> copies;
  std::vector<predecessor> predecessors;
  std::vector<job_fact> jobs;
  std::vector<pod_fact> pods;
  /// Those with our labels in namespaces that have no say (home.hpp).
  std::vector<job_fact> strange_jobs;
  std::vector<pod_fact> strange_pods;
  lease_fact lease;
  /// Other locations of the same repository.
  std::vector<alias_fact> aliases;
  /// The fork leads: what it does for KopiaMaintenances is left to it.
  bool fork_leads = false;
  /// The registry gave this repository one of the places to run.
  bool granted = false;
  object_uid never_resumed;
  /// The Job that went while it held the Lease.
  gone_job gone_holder;
  /// Another repository that is claimed lies at the location, so that the Lease
  /// is its too (`--repository-identity=secret`).
  bool lease_is_shared = false;
  per_kind<settled_apply> settled;
  /// What lastingly fails, by `subject_of`.
  std::map<std::string, write_failure> troubles;
};

/// What all claimants wish.
claim_list claims_of(const repository_facts& facts);

/// Does anybody want runs on a schedule?
bool is_anything_scheduled(const repository_facts& facts);

/// Who wins; null when there is no claim that could. A refused Secret's claim
/// comes last (contract section 2).
const claimant* winner_of(const repository_facts& facts);

/// Do pods run in the winner's namespace, because it is a KopiaMaintenance
/// (contract section 7) or only there its volume can be mounted (section 3)?
bool runs_beside_winner(const repository_facts& facts);

/// Is the location of this claim known only from what an admission policy adds
/// to Jobs?
bool depends_on_policy(const repository_facts& facts, const claim& wish);

/// Did the repository refuse the Secret of this claim as it is now?
bool is_refused(const repository_facts& facts, const claim& wish);

/// The Secret of a claim as a run used it: `namespace/name@version`.
std::string secret_used(const claim& wish);

} // namespace holystone::scheduler
