#pragma once

// The CronJobs that a repository should have, one for each kind of maintenance,
// and the Jobs of manual runs, as intents: whose settings, which copies, since
// when. Digests tell whether the object that exists is equal, so that nothing
// is written when nothing differs. Pure; k8s_io/manifests.hpp turns an intent
// into JSON, repository.hpp decides when it is applied.

#include "scheduler/cron.hpp"
#include "scheduler/object_names.hpp"
#include "scheduler/repository_facts.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holystone::scheduler {

/// The CronJob as wanted: everything that its manifest is made from.
struct cron_job_intent {
  object_key key;
  maintenance_kind kind = maintenance_kind::full;
  repository_id id;
  /// Hash of the location; names the Lease and goes with every Job.
  repository_id location_id;
  /// Canonical JSON of the location, recorded for restarts.
  std::string location;
  maintenance_settings settings;
  /// The settings' schedule of this kind with `H` resolved.
  std::string schedule;
  claim_key winner;
  std::vector<std::string> namespaces;
  /// Clients whose ownership may be taken, sorted (contract section 6).
  std::vector<std::string> known_identities;
  /// Name of the winner's Secret copy, or of the Secret itself when the pods
  /// run in its namespace.
  std::string credentials;
  /// Name of the CA's copy; empty: none.
  std::string ca;
  std::string conflict;
  instant effective_since;
  /// What a filesystem repository sits on, if that is known.
  std::optional<repository_volume> volume{};
  /// Its Jobs are made suspended and run with the ticket only.
  bool holds_jobs = true;
  /// What its Jobs authenticate with, as the ledger names it; said only where
  /// no Lease does (`--admission=off`).
  std::string secret{};
  /// The CA object itself when the pods run in its namespace.
  std::optional<custom_ca> own_ca{};
  /// The operator's namespace when the pods run in another one: whose they are.
  std::string made_from{};
  /// The KopiaMaintenance that owns it, its pods' cache included; empty: nobody
  /// does.
  object_uid owner{};
  /// What one Job is made for at once; empty: a CronJob makes Jobs.
  std::string manual_tag{};
};

/// Digests of a manifest's owned fields: of the whole, and of the Job template.
struct manifest_digests {
  std::string whole;
  std::string job_template;
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
  /// `--admission`: off gives plain CronJobs whose Jobs nobody holds back.
  bool admission = true;
};

/// A schedule that the API server and we agree on, with its zone.
struct timetable {
  /// With `H` resolved.
  std::string text;
  cron_schedule schedule;
  time_zone zone;
};

/// The timetable of this kind; empty when there is no valid schedule for it.
std::optional<timetable> timetable_of(const maintenance_settings& settings,
                                      maintenance_kind kind,
                                      const repository_id& id);

/// The next times, at most so many, at which the winner's full runs are due.
std::vector<instant> next_runs(const repository_facts& facts, instant after,
                               std::size_t most);

/// The CronJob of this kind that is wanted; empty when nobody can win yet, or
/// the winner does not want one.
std::optional<cron_job_intent> wanted_cron_job(const repository_facts& facts,
                                               const repository_policy& policy,
                                               maintenance_kind kind,
                                               instant now);

/// What the Job of a manual claim's run is made from: its own settings and
/// Secret, whoever wins (contract section 7); empty while its volume is not
/// known.
std::optional<cron_job_intent>
wanted_manual_job(const repository_facts& facts,
                  const repository_policy& policy, const claim& wish,
                  instant now);

/// The past slot that an edit from `found` to `wanted` would fire, to be marked
/// as used first; empty: none.
std::optional<instant> slot_to_skip(const cron_job_fact& found,
                                    const cron_job_intent& wanted,
                                    const timetable& table, instant now);

} // namespace holystone::scheduler
