#pragma once

// The Job controller of kube-controller-manager 1.36 as a step function, with
// the TTL controller beside it: it reacts to changes of Jobs and pods, adopts
// and lets go pods, and removes Jobs whose time is up. It has no clock and
// runs nothing: pods are run by kubelet.hpp. Called by whoever runs the
// simulated cluster; a new object on an old server is a restarted controller.

#include "scheduler/time.hpp"
#include "simulator/api_server.hpp"
#include "simulator/job_sync.hpp"
#include "simulator/store.hpp"
#include "simulator/wake_queue.hpp"

#include <boost/json.hpp>

#include <map>
#include <optional>
#include <string>

namespace holystone::simulator {

/// Turns Jobs into pods.
class job_controller {
public:
  explicit job_controller(api_server& server);

  /// Does everything that is due; returns when it wants to run again without
  /// a change.
  std::optional<instant> step(instant now);

private:
  /// What it remembers of a Job between two looks; gone after a restart.
  struct memory {
    pod_backoff backoff;
    unsigned failures = 0;
  };

  void notice_jobs(store& view);
  void notice_pods(store& view);
  void notice_pod(store& view, const boost::json::value& pod);
  bool adopt(store& view, const boost::json::value& pod);
  void sync(store& view, const object_key& key);
  void expire(store& view, const boost::json::value& job);

  api_server& server_;
  change_cursor jobs_;
  change_cursor pods_;
  std::map<std::string, memory> known_;
  std::map<std::string, object_key> job_of_pod_;
  wake_queue queue_;
};

} // namespace holystone::simulator
