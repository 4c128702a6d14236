#pragma once

// Everything that works on a simulated cluster besides its API server: the
// CronJob and Job controllers, what every namespace gets, one node, garbage
// collection. One step runs
// them until none of them has anything left to write. It has no clock and no
// socket; the wire calls it as its background, tests call it directly.

#include "scheduler/time.hpp"
#include "simulator/api_server.hpp"
#include "simulator/cron_job_controller.hpp"
#include "simulator/job_controller.hpp"
#include "simulator/kubelet.hpp"
#include "simulator/namespace_content.hpp"

#include <memory>
#include <optional>

namespace holystone::simulator {

/// The controllers of one server.
class control_plane {
public:
  control_plane(api_server& server, workload what, node_options node = {});

  /// Does everything that is due; returns when somebody wants to run again
  /// without a change.
  std::optional<instant> step(instant now);

  /// Forgets what the controllers had in memory, as a restart of
  /// kube-controller-manager does.
  void restart_controllers();

  /// The node.
  kubelet& node() {
    return node_;
  }

private:
  api_server& server_;
  std::unique_ptr<cron_job_controller> cron_jobs_;
  std::unique_ptr<job_controller> jobs_;
  namespace_content content_;
  kubelet node_;
};

} // namespace holystone::simulator
