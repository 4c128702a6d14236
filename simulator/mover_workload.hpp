#pragma once

// What the containers of a simulated cluster do: a container that is started
// as `mover maintain` maintains a simulated repository and leaves the report
// that the real mover would, the ticket check included; every other
// container runs for a second and succeeds. No kopia and no storage. Owned by
// whoever runs the simulated cluster; tests and the demo make repositories
// fail through `repository`.
//
//   mover_workload movers;
//   movers.repository("c0ffee...").failing = failure_class::network;
//   control_plane plane{server, movers.as_workload()};

#include "scheduler/mover_report.hpp"
#include "scheduler/time.hpp"
#include "simulator/pod_run.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::simulator {

/// One repository as the next run finds it.
struct simulated_repository {
  std::string unique_id;
  std::string owner;
  /// How long a full run takes.
  seconds duration{20};
  /// How every run ends until somebody changes it.
  scheduler::failure_class failing = scheduler::failure_class::none;
  std::int64_t bytes = 0;
  std::int64_t blobs = 0;
  std::int64_t index_blobs = 0;
  std::int64_t contents = 0;
  /// Runs that were let in, whatever became of them.
  unsigned runs = 0;
  std::optional<instant> last_full;
  /// Records from before the next run, as its report shows them.
  std::vector<scheduler::run_record> earlier;
};

/// All simulated repositories by their location's hash.
class mover_workload {
public:
  /// What a container does that starts now.
  container_run run(const boost::json::value& pod,
                    const boost::json::value& container, instant start);

  /// The same for the kubelet; the workload must outlive it.
  workload as_workload();

  /// A repository; made, with figures that follow from the hash, when it is
  /// asked for the first time.
  simulated_repository& repository(std::string_view location_hash);

private:
  std::map<std::string, simulated_repository, std::less<>> repositories_;
};

} // namespace holystone::simulator
