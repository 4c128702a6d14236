#pragma once

// The volumes of a maintenance pod and where its container has them: the
// credentials, the folders that kopia writes to, its cache, the CA, the
// repository's volume, and what a KopiaMaintenance asks for besides. Also what
// the mover is told about the cache. Pure; pod_template.cpp makes the rest of
// the pod, scheduler/cache_claim.hpp knows the cache's PersistentVolumeClaim.

#include "scheduler/wanted_cron_job.hpp"

#include <boost/json.hpp>

namespace holystone::k8s_io {

using namespace scheduler;

/// Is there a CA besides the system's?
bool has_ca(const cron_job_intent& wanted);

/// `volumes` of the pod.
boost::json::array volumes_of(const cron_job_intent& wanted);

/// `volumeMounts` of its container.
boost::json::array mounts_of(const cron_job_intent& wanted);

/// What the mover is told about the cache: where none is, and limits where the
/// mover's own do not fit.
boost::json::array cache_arguments(const cron_job_intent& wanted);

} // namespace holystone::k8s_io
