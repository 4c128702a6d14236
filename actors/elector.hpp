#pragma once

// The elector: one operator of several writes at a time. It drives the pure
// election of scheduler/lease.hpp against the operator's own Lease and tells
// the registry when writing is allowed. No fence: every write must be safe
// under two leaders. Spawned by the root.

#include "actors/interfaces.hpp"
#include "actors/timer.hpp"
#include "scheduler/lease.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <optional>
#include <random>
#include <string>

namespace holystone::actors {

/// What the elector is given.
struct elector_setup {
  api_client api;
  registry_actor registry;
  std::string operator_namespace;
  /// Differs between any two processes.
  std::string identity;
  election_terms terms;
  wall_clock now;
  /// Told on every change, for the metrics.
  std::function<void(bool)> on_change;
  seed_source seed = random_seed;
};

/// The memory of the elector.
struct elector_state {
  using self_pointer = elector_actor::stateful_pointer<elector_state>;

  self_pointer self = nullptr;
  elector_setup setup;
  std::optional<election> race;
  bool led = false;
  std::mt19937 random;
  timer wakeup;
  /// Who waits for the release.
  std::optional<caf::typed_response_promise<bool>> leaving;
  static inline const char* name = "elector";

  /// Performs what the machine asks for, if it does.
  void send(const election::request& what);

  /// Time has passed.
  void tick();

  /// Gives leadership back; `promise` is kept when that is done.
  void leave(caf::typed_response_promise<bool> promise);

private:
  void answered(const lease_request& what, const response& answer);
  void settle();
};

/// Takes part in the election.
elector_actor::behavior_type
elector(elector_actor::stateful_pointer<elector_state> self,
        elector_setup setup);

} // namespace holystone::actors
