#pragma once

// The CronJob that the operator wants, as the JSON that it applies, and the
// requests that make, correct and remove it. Pure functions from intents to
// bodies; a body holds exactly the fields that we own, because leaving one out
// of an apply gives it up. Used by the repository actor; Jobs, Leases
// and status have files of their own.

#include "k8s_io/pod_template.hpp"
#include "k8s_io/requests.hpp"
#include "scheduler/repository.hpp"

#include <boost/json.hpp>

#include <memory>

namespace holystone::k8s_io {

/// Says that an object belongs to the KopiaMaintenance of its namespace.
boost::json::object owner_reference(const std::string& maintenance,
                                    const object_uid& uid);

/// The CronJob of a repository, for server-side apply.
boost::json::object cron_job(const cron_job_intent& wanted,
                             const mover_settings& mover);

/// Digests of what `cron_job` makes.
manifest_digests digests(const cron_job_intent& wanted,
                         const mover_settings& mover);

/// The CronJob's apply, guarded by the UID of the object it changes. Its
/// body is made when it is sent.
request apply(std::shared_ptr<const apply_cron_job> what,
              std::shared_ptr<const mover_settings> mover);

/// Moves `status.lastScheduleTime` to `slot`.
request set_schedule_time(const set_last_schedule& what);

/// Deletes the CronJob and its Jobs, in the foreground.
request remove(const delete_cron_job& what);

} // namespace holystone::k8s_io
