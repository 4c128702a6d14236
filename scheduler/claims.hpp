#pragma once

// Who asks for a repository to be maintained, with which settings, and who of
// them wins. A claim is one ReplicationSource or KopiaMaintenance reduced to
// what maintenance needs of it. Pure: the registry actor makes claims from
// watch events, the repository decides with them. Where the repository is, is
// said by repository_identity.hpp.

#include "scheduler/cache_claim.hpp"
#include "scheduler/maintenance_kind.hpp"
#include "scheduler/object_key.hpp"
#include "scheduler/pod_wishes.hpp"
#include "scheduler/repository_identity.hpp"
#include "scheduler/repository_volume.hpp"
#include "scheduler/shared_value.hpp"
#include "scheduler/time.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::scheduler {

/// The kinds of object that can claim a repository.
enum class claim_kind { kopia_maintenance, replication_source };

/// Identifies a claimant across re-creation: kind, namespace and name.
struct claim_key {
  claim_kind kind = claim_kind::replication_source;
  object_key object;

  friend auto operator<=>(const claim_key&, const claim_key&) = default;
};

/// `ReplicationSource app/data`, the form that annotations and users see.
std::string to_string(const claim_key& key);

/// Reads what `to_string` wrote.
std::optional<claim_key> parse_claim_key(std::string_view text);

/// Resource quantities by name, as the user wrote them.
using quantities = std::map<std::string, std::string>;

/// How a repository is to be maintained; the winner's settings are used whole.
struct maintenance_settings {
  /// As the user wrote it; may hold `H`.
  std::string schedule = "0 2 * * *";
  /// Of quick maintenance alone; empty: only full runs are scheduled.
  std::string quick_schedule;
  /// Of both schedules.
  std::string time_zone = "UTC";
  bool suspend = false;
  int successful_jobs_history_limit = 3;
  int failed_jobs_history_limit = 1;
  /// Contract section 3; a given `resources` replaces the block whole.
  quantities requests{{"cpu", "100m"}, {"memory", "256Mi"}};
  quantities limits{{"cpu", "500m"}, {"memory", "512Mi"}};
  /// Days that must pass after a success; 0: every slot runs.
  int interval_days = 0;
  /// Does kopia's `content verify` follow a full run?
  bool verify = true;
  /// After this long a run is ended; none: as the operator's flags say.
  std::optional<seconds> deadline{};
  /// What a KopiaMaintenance says of its pods; none: all defaults.
  shared_value<pod_wishes> pods{};

  friend bool operator==(const maintenance_settings&,
                         const maintenance_settings&)
      = default;
};

/// What is said of the pods; all defaults where nothing is.
const pod_wishes& pods_of(const maintenance_settings& settings);

/// The schedule of this kind; empty: there is none.
const std::string& schedule_of(const maintenance_settings& settings,
                               maintenance_kind kind);

/// The maintenance part of a ReplicationSource's `spec.kopia`, as stored.
struct embedded_maintenance {
  struct cron_job {
    std::optional<bool> enabled;
    std::string schedule;
    std::string quick_schedule;
    std::string time_zone;
    std::optional<bool> suspend;
    std::optional<int> successful_jobs_history_limit;
    std::optional<int> failed_jobs_history_limit;
    bool has_resources = false;
    quantities requests;
    quantities limits;
  };

  std::optional<cron_job> block;
  /// `maintenanceIntervalDays`, deprecated; 0 turns maintenance off.
  std::optional<int> interval_days;
};

/// What the operator's flags say about claims that leave something open.
struct claim_defaults {
  /// `--timezone`.
  std::string time_zone = "UTC";
  /// `--default-maintenance`: is a source without any field maintained?
  bool maintain_by_default = true;
};

/// A `TZ=` or `CRON_TZ=` prefix becomes the zone of both schedules (contract
/// section 3). Where the user says otherwise beside it, it stays and is
/// refused by `check_settings`, as the API server refuses it.
void take_zone(maintenance_settings& wanted);

/// The settings that a ReplicationSource asks for, or nothing when it does not
/// claim (contract section 2). The block wins over `maintenanceIntervalDays`.
std::optional<maintenance_settings>
effective_settings(const embedded_maintenance& given,
                   const claim_defaults& defaults);

/// The identity under which a ReplicationSource writes to its repository
/// (fork-behaviour G4.3): what the spec says, or else its name and namespace
/// with the characters that kopia's identities have.
std::string backup_identity(const object_key& source, std::string_view username,
                            std::string_view hostname);

/// Why a claim is not maintained, as its condition says it.
struct trouble {
  /// A condition reason: `Waiting` or `Error`.
  std::string reason;
  /// Names the object and the field and says what to do.
  std::string message;
  /// The kind of what does not exist, when that is waited for.
  std::string missing{};

  friend bool operator==(const trouble&, const trouble&) = default;
};

/// What users call the fields that a claim's times come from.
struct field_names {
  std::string_view schedule;
  std::string_view quick_schedule;
  std::string_view time_zone;
};

/// Of a ReplicationSource.
inline constexpr field_names embedded_fields{
    "spec.kopia.maintenanceCronJob.schedule",
    "spec.kopia.maintenanceCronJob.quickSchedule",
    "spec.kopia.maintenanceCronJob.timeZone"};

/// What no CronJob can be made from: a bad schedule or zone. The text names the
/// field as users write it.
std::optional<trouble> check_settings(const maintenance_settings& settings,
                                      const field_names& fields
                                      = embedded_fields);

/// One object's wish to have a repository maintained.
struct claim {
  claim_key who;
  object_uid uid;
  resource_version version;
  instant created;
  std::int64_t generation = 0;
  /// The repository Secret, in the claimant's namespace.
  object_key secret;
  /// The Secret's incarnation and version as last read.
  object_uid secret_uid;
  std::string secret_version;
  std::optional<custom_ca> ca;
  /// The CA object's incarnation and version as last seen; empty: there is
  /// none.
  object_uid ca_uid;
  std::string ca_version;
  /// What a filesystem repository sits on, as far as it is known.
  std::optional<repository_volume> volume;
  /// What was known of an admission policy when the claim found its place.
  injection seen_volumes;
  maintenance_settings settings;
  /// Set when this claim cannot win now: bad schedule, missing Secret.
  std::optional<trouble> defect;
  /// `user@host` under which this claimant's backups write; its ownership of
  /// maintenance may be taken while none of its pods runs (contract section 6).
  std::string identity;
  /// `volsync.backube/resync` as the user set it: a change forces a new copy.
  std::string resync;
  /// Deprecated fields in use: one Warning a generation.
  bool deprecated_fields = false;
  /// Its user wants the repository's failures to be counted anew.
  bool resets_failures = false;
  /// It says something of its times; else those of a KopiaMaintenance will do.
  bool says_when = true;
  /// A KopiaMaintenance that runs by hand: each new tag asks for one run, and
  /// nothing is scheduled. Empty: it is scheduled.
  std::string manual{};
  /// The claim that was made for its cache, if there is one.
  shared_value<cache_claim_fact> cache{};
  /// It is being deleted, and where among its finalizers the fork's is, which
  /// keeps it from going.
  std::optional<std::size_t> old_finalizer{};
};

/// Claims of one repository, wherever they are kept.
using claim_list = std::vector<const claim*>;

/// Does it want runs on a schedule, so that it can win?
inline bool is_scheduled(const claim& wish) {
  return wish.manual.empty();
}

/// Picks the winner of those that are scheduled: a KopiaMaintenance beats every
/// embedded claim; then the recorded incumbent stays; then the oldest, then
/// namespace/name. Claims with a defect never win. Returns nullptr when
/// nobody can.
const claim* elect(const claim_list& claims,
                   const std::optional<claim_key>& incumbent);

/// Does the loser want a schedule, zone or quick schedule that it doesn't get?
bool is_overruled(const claim& loser, const claim& winner);

/// The losers that are overruled, sorted by key.
claim_list conflicting(const claim_list& claims, const claim& winner);

/// Text of annotation `volsync.backube/schedule-conflict`: sorted entries,
/// joined by `; `, cut at 4 KiB; empty when there is no conflict.
std::string conflict_text(const claim_list& claims, const claim& winner);

/// The namespaces of all claims, sorted and distinct.
std::vector<std::string> source_namespaces(const claim_list& claims);

/// Joins namespaces with `_`; over 63 characters: as many as fit, then
/// `_and-<n>-more` (a label value's limit).
std::string namespaces_label(const std::vector<std::string>& namespaces);

} // namespace holystone::scheduler
