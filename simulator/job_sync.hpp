#pragma once

// One look of the simulated Job controller at one Job: counts its pods,
// starts or deletes pods, and moves the Job towards Complete or Failed the way
// kube-controller-manager 1.36 does, with the interim conditions
// SuccessCriteriaMet and FailureTarget while pods still terminate.
// Indexed Jobs, success policies and pod failure policies are not modelled. It
// keeps nothing between two looks but the back-off; job_controller.hpp is the
// only caller.

#include "scheduler/time.hpp"
#include "simulator/store.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>

namespace holystone::simulator {

/// What slows down the pods of a Job that fails.
struct pod_backoff {
  std::int64_t failures = 0;
  instant last_failure{};
};

/// What a look has to say to the queue.
struct job_answer {
  /// When to look again without a change.
  std::optional<instant> again;
  /// The server refused a write; try again after a while.
  bool failed = false;
};

/// Looks at a Job that is not finished.
job_answer sync_job(store& view, const boost::json::value& job,
                    pod_backoff& backoff);

} // namespace holystone::simulator
