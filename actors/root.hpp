#pragma once

// The root: the top of the supervision tree. Api client, secret mirror, job
// runner, registry, watchers and elector belong together: their handles are
// woven into each other, so when one falls all are ended and, after a back-off,
// started anew; what they knew is read from the API server again. A repository
// falls alone (the registry restarts it), and so does the inspector. Spawned
// once by `holystone operator` and by tests.

#include "actors/elector.hpp"
#include "actors/interfaces.hpp"
#include "actors/registry.hpp"
#include "metrics/instruments.hpp"
#include "scheduler/restart_policy.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <string>

namespace holystone::actors {

/// What the whole operator is made from.
struct root_setup {
  /// Spawns the way to the API server: the real one, or a simulated cluster.
  std::function<api_client(caf::actor_system&)> make_client;
  registry_setup registry;
  std::string operator_namespace;
  /// Those that are served; empty: all.
  namespace_set namespaces;
  std::string identity;
  /// Without it this process leads from the start.
  bool leader_elect = true;
  /// Reads and answers, and neither leads nor waits for it; see bystander.hpp.
  bool stands_by = false;
  election_terms terms;
  wall_clock now;
  seed_source seed = random_seed;
  /// Outlives every actor.
  metrics::instruments* meters = nullptr;
  /// So does this; null when nobody can look on.
  metrics::broadcaster* onlookers = nullptr;
};

/// The memory of the root.
struct root_state {
  using self_pointer = root_actor::stateful_pointer<root_state>;

  /// One supervised actor.
  struct child {
    caf::actor handle;
    unsigned restarts = 0;
  };

  self_pointer self = nullptr;
  root_setup setup;
  /// By name, as the inspection shows them.
  std::map<std::string, child> core;
  registry_actor registry;
  elector_actor elector;
  inspector_actor inspector;
  restart_policy supervised;
  std::uint64_t generation = 0;
  unsigned inspector_restarts = 0;
  static inline const char* name = "root";

  /// Spawns all that falls and starts as one group.
  void start_core();

  /// Spawns the inspector, which falls alone.
  void start_inspector();

  /// A child has ended: what hangs on it starts again, after a while.
  void fell(const caf::exit_msg& what);

  /// The supervised actors as people see them.
  actor_views list() const;
};

/// Starts and supervises everything.
root_actor::behavior_type root(root_actor::stateful_pointer<root_state> self,
                               root_setup setup);

} // namespace holystone::actors
