#pragma once

// The other direction of objects.hpp: what the operator wants, as the JSON
// that it applies. Pure functions from intents to bodies; a body holds exactly
// the fields that we own, because leaving one out of an apply gives it up
// . `digest_of_owned` reduces any CronJob to those fields, so that drift
// is a comparison of two short texts and no object is kept in memory.

#include "k8s_io/requests.hpp"
#include "scheduler/repository.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace holystone::k8s_io {

using namespace scheduler;

/// What the pods of maintenance are made of, the same for every repository.
struct mover_settings {
  std::string image;
  /// `--takeover`: idle, never or always.
  std::string takeover = "idle";
  run_limits limits;
};

/// The CronJob of a repository, for server-side apply.
boost::json::object cron_job(const cron_job_intent& wanted,
                             const mover_settings& mover);

/// Digest of the owned fields of a CronJob, ours or the server's.
std::string digest_of_owned(const boost::json::value& cron_job);

/// Digests of what `cron_job` makes.
manifest_digests digests(const cron_job_intent& wanted,
                         const mover_settings& mover);

/// The CronJob's apply, guarded by the UID of the object it changes.
request apply(const cron_job_intent& wanted, const mover_settings& mover,
              const object_uid& existing);

/// Moves `status.lastScheduleTime` to `slot`.
request set_schedule_time(const set_last_schedule& what);

/// A Job as the CronJob's template makes it, suspended, in place of `old`.
request recreate_job(const cron_job_intent& wanted,
                     const mover_settings& mover, const job_fact& old);

/// Lets a Job run: the ticket, the replacement policy and our labels, guarded
/// by UID and version.
request resume(const job_fact& job, std::string_view location);

/// Suspends a Job, guarded by its UID.
request suspend(const job_fact& job);

/// Deletes a Job by UID and version, in the foreground.
request remove(const job_fact& job);

/// Deletes the CronJob and its Jobs, in the foreground.
request remove(const delete_cron_job& what);

/// Takes the Lease: a create when there is none, else a patch with the version
/// that was seen; never a PUT.
request acquire(const acquire_lease& what, const lease_fact& seen,
                std::string_view operator_namespace,
                std::string_view location,
                const std::optional<claim_key>& winner, instant now);

/// Frees the Lease and writes the ledger.
request release(const release_lease& what, const lease_fact& seen,
                std::string_view operator_namespace,
                std::string_view location,
                const std::optional<claim_key>& winner);

/// Deletes a Lease by UID and version.
request remove(const lease_fact& seen, std::string_view operator_namespace,
               std::string_view location);

/// Applies `status.kopia` and the condition.
request apply_status(const write_status& what);

/// Posts an Event; `now` and the reporter make its name unique.
request post_event(const event_note& note, std::string_view reporter,
                   instant now, std::uint64_t serial);

/// The ServiceAccount of the pods: no rights, no token (contract section 3).
request apply_service_account(std::string_view operator_namespace);

} // namespace holystone::k8s_io
