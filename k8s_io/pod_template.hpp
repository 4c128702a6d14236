#pragma once

// What a maintenance pod is made of: labels, arguments, resources, security
// context and place, and the ServiceAccount that they run as. One template for
// what is scheduled and what runs by hand (contract section 7). Pure; its
// volumes are pod_volumes.hpp's part, and it knows nothing of Jobs or CronJobs,
// which manifests.cpp puts around it.

#include "k8s_io/requests.hpp"
#include "scheduler/repository.hpp"

#include <boost/json.hpp>

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

/// Labels of the CronJob, its Jobs and their pods (contract section 3).
boost::json::object common_labels(const cron_job_intent& wanted);

/// Labels of Jobs and pods, which stay out of backups of the cluster.
boost::json::object run_labels(const cron_job_intent& wanted);

/// How long a run may last: what the claim says, or else the operator.
seconds deadline_of(const cron_job_intent& wanted, const mover_settings& mover);

/// The fields of the template that are there because the user named them, as
/// names::pod_fields lists them.
std::string user_fields(const cron_job_intent& wanted);

/// The template of a maintenance pod: metadata and spec.
boost::json::object pod_template(const cron_job_intent& wanted,
                                 const mover_settings& mover);

/// The ServiceAccount of the pods: no rights, no token (contract section 3).
request apply_service_account(std::string_view ns,
                              std::string_view operator_namespace);

} // namespace holystone::k8s_io
