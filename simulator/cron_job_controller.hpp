#pragma once

// The CronJob controller of kube-controller-manager 1.36 as a step function:
// it looks at what changed and at what is due at `now`, makes Jobs and keeps
// status. Its traps are kept on purpose, because the operator has to live with
// them: an edited schedule alone fires nothing and the next update of any kind
// fires its past slot, Forbid counts suspended Jobs, a
// resumed CronJob catches up once. It has no clock and starts no pods.
// Called by whoever runs the simulated cluster; a new object on an old server
// is a restarted controller.
//
//   cron_job_controller controller{server};
//   auto again = controller.step(now);

#include "scheduler/time.hpp"
#include "simulator/api_server.hpp"
#include "simulator/store.hpp"
#include "simulator/wake_queue.hpp"

#include <boost/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holystone::simulator {

/// Turns CronJobs into Jobs.
class cron_job_controller {
public:
  explicit cron_job_controller(api_server& server);
  ~cron_job_controller();

  cron_job_controller(const cron_job_controller&) = delete;
  cron_job_controller& operator=(const cron_job_controller&) = delete;

  /// Does everything that is due; returns when it wants to run again without
  /// a change.
  std::optional<instant> step(instant now);

private:
  /// What the controller remembers of a CronJob between two events.
  struct memory {
    std::string uid;
    std::string schedule;
    std::string zone;
    /// Failed attempts since the last good one.
    unsigned failures = 0;
  };

  void read_events(instant now);
  void notice(const boost::json::value& event, instant now);
  void notice_jobs(store& view);
  void sync(store& view, const object_key& key);

  api_server& server_;
  // A watch, not a cursor: two edits in a row are two events here, and only
  // the second one fires.
  std::optional<watch_id> watch_;
  change_cursor jobs_;
  std::map<object_key, memory> known_;
  std::map<std::string, object_key> owner_of_job_;
  wake_queue queue_;
};

} // namespace holystone::simulator
