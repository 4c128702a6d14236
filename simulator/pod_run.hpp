#pragma once

// The containers of one started pod on virtual time: what they were told to
// do, when each of them ends and how, and the pod status that tells of it.
// Pure, except that the workload is asked once per container. Kept by the
// simulated kubelet.

#include "scheduler/time.hpp"

#include <boost/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holystone::simulator {

/// What a container does once it runs.
struct container_run {
  /// None: it runs until it is told to end.
  std::optional<seconds> duration = seconds{1};
  int exit_code = 0;
  /// Empty: `Completed` or `Error`, as the exit code says.
  std::string reason = {};
  /// The termination message.
  std::string message = {};
  /// What `kubectl logs` shows when it has ended.
  std::string log = {};
  /// How long it takes to end after SIGTERM, and how it does; the grace period
  /// ends it with 137.
  seconds patience{0};
  int term_exit_code = 143;
  std::string term_message = {};
};

/// Decides what a container of a pod does that starts at an instant.
using workload = std::function<container_run(
    const boost::json::value& pod, const boost::json::value& container,
    instant start)>;

/// A container that was started.
struct running_container {
  std::string name;
  std::string image;
  container_run run;
  /// Set once it has ended.
  std::optional<instant> end;
  int exit_code = 0;
  std::string reason;
  std::string message;
};

/// A pod whose containers were started.
struct running_pod {
  std::string uid;
  instant start;
  seconds grace{30};
  std::vector<running_container> containers;
  /// SIGTERM was sent at this instant.
  std::optional<instant> told_to_end;
  /// Why the pod failed as a whole, e.g. `DeadlineExceeded`.
  std::string reason;
  std::string message;
};

/// Starts the containers of a pod.
running_pod start_containers(const boost::json::value& pod,
                             const workload& what, instant now);

/// Ends every container whose time has come; returns when the next one ends
/// by itself, none when all have ended or run for ever.
std::optional<instant> advance(running_pod& running, instant now);

/// Have all containers ended?
bool has_ended(const running_pod& running);

/// The logs of all containers, one after the other.
std::string log_of(const running_pod& running);

/// Writes phase, conditions and container states into the pod's status.
void show(const running_pod& running, boost::json::value& pod);

/// Sets a condition of a pod, True or False.
void set_pod_condition(boost::json::value& pod, std::string_view type,
                       bool status, std::string_view reason,
                       std::string_view message, instant now);

} // namespace holystone::simulator
