#pragma once

// A node and the scheduler in front of it: pods are bound, wait for their
// volumes, run for as long as a `workload` says, and end, all on virtual time.
// Nothing is executed. Graceful deletion, the pod's own deadline and a node
// that falls silent are kept; images, restarts in place and probes are
// not modelled. Called by whoever runs the simulated cluster.
//
//   kubelet node{server, [](auto& pod, auto& container, instant) {
//     return container_run{.duration = seconds{30}, .log = "done\n"};
//   }};
//   auto again = node.step(now);

#include "scheduler/time.hpp"
#include "simulator/api_server.hpp"
#include "simulator/pod_run.hpp"
#include "simulator/store.hpp"
#include "simulator/wake_queue.hpp"

#include <boost/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holystone::simulator {

/// What the node is like.
struct node_options {
  std::string name = "sim-node";
  /// What nodeSelector is held against; kubernetes.io/hostname is implied.
  std::map<std::string, std::string> labels = {};
  /// From a bound pod with all its volumes to running containers.
  seconds start_delay{1};
};

/// One node with its scheduler.
class kubelet {
public:
  kubelet(api_server& server, workload what, node_options options = {});

  /// Does everything that is due; returns when it wants to run again without
  /// a change.
  std::optional<instant> step(instant now);

  /// Cuts the node off: its containers run on, but nothing is reported and
  /// nothing is started or ended until it is thawed.
  void freeze(bool cut_off);

  /// The pods whose containers it has started and not seen to end, whether or
  /// not their objects still exist.
  const std::map<object_key, running_pod>& running() const {
    return running_;
  }

private:
  void look_at(store& view, const object_key& key);
  void bind(store& view, boost::json::value pod);
  void await_start(store& view, boost::json::value pod);
  void wait_for(store& view, boost::json::value pod, std::string_view reason,
                const std::string& message);
  void start(store& view, boost::json::value pod);
  void abandon(store& view, boost::json::value pod);
  void follow(store& view, boost::json::value pod, running_pod& running);
  void remove(store& view, const boost::json::value& pod);
  void retry(const object_key& key, instant now);
  bool fits(const boost::json::value& pod) const;

  api_server& server_;
  workload what_;
  node_options options_;
  change_cursor pods_;
  std::map<object_key, running_pod> running_;
  /// Pods that have all they need: when their containers start.
  std::map<object_key, instant> starting_;
  std::map<object_key, unsigned> retries_;
  wake_queue queue_;
  bool frozen_ = false;
};

} // namespace holystone::simulator
