#pragma once

// Jobs and pods as the simulated controllers see them: phases, the tracking
// finalizer, and the pod that a Job's template becomes. No decisions. Used by
// the Job controller, the CronJob controller and the kubelet.

#include "scheduler/time.hpp"
#include "simulator/store.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>

namespace holystone::simulator {

/// Holds a pod in the API until the Job has counted it.
inline constexpr std::string_view job_tracking_finalizer
    = "batch.kubernetes.io/job-tracking";

/// Has the Job a Complete or Failed condition? Nothing else means finished
///
bool is_finished(const boost::json::value& job);

/// status.phase.
std::string phase_of(const boost::json::value& pod);

/// Did the kubelet report the pod as Succeeded or Failed?
bool has_ended(const boost::json::value& pod);

/// When the last container of a pod ended; `now` when nobody said.
instant end_of(const boost::json::value& pod, instant now);

/// Do the pod's labels match the Job's selector?
bool answers_to(const boost::json::value& pod, const boost::json::value& job);

/// The pod that a Job starts: its template with labels, finalizer and owner.
boost::json::value pod_of(const boost::json::value& job);

/// Removes the tracking finalizer from a pod that has it.
void release_pod(store& view, const boost::json::value& pod);

} // namespace holystone::simulator
