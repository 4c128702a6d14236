#pragma once

// What the VolSync fork left in a cluster, as the API server shows it: how its
// CronJobs, Jobs and pods are told from a user's that carry the same labels,
// what is read of them, and the requests that put them to rest. Labels find
// them (names.hpp); only what the fork alone wrote makes them the fork's.
// scheduler/predecessors.hpp decides what becomes of them.

#include "k8s_io/requests.hpp"
#include "scheduler/predecessors.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string_view>

namespace holystone::k8s_io {

using namespace scheduler;

/// Did the fork make this CronJob, Job or pod? All its generations ran one
/// script in one container.
bool is_of_fork(const boost::json::value& object);

/// The Secret whose content the fork's container is given; it names the
/// repository.
object_key secret_of_fork(const boost::json::value& object);

/// A CronJob of the fork's.
predecessor read_predecessor(const boost::json::value& cron_job);

/// Is this Secret a copy that the fork made in the operator's namespace?
bool is_copy_of_fork(const boost::json::value& secret,
                     std::string_view operator_namespace);

/// Suspends a CronJob of the fork's.
request suspend(const suspend_predecessor& what);

/// Deletes what the fork left, and the finished Jobs with their CronJob.
request remove(const remove_predecessor& what);

/// Adopts the CronJob as it was just read: one patch, on condition of its
/// version, suspends it and makes those fields ours that whoever wrote its Job
/// template had.
request adopt(const boost::json::value& cron_job);

} // namespace holystone::k8s_io
