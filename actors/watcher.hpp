#pragma once

// The watcher actor: a reflector with an actor around it. It performs the
// reflector's effects through the api client and passes what it sees on to the
// registry as facts. One for each kind, and for each namespace where not all
// are served; keeps no objects.

#include "actors/interfaces.hpp"
#include "k8s_io/reflector.hpp"
#include "metrics/instruments.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <random>
#include <string>
#include <vector>

namespace holystone::actors {

/// What a watcher is given.
struct watcher_setup {
  watched_place place;
  std::string operator_namespace;
  api_client api;
  registry_actor registry;
  /// Outlives every actor.
  metrics::instruments* meters = nullptr;
  seed_source seed = random_seed;
};

/// The memory of a watcher; the reflector delivers into it.
struct watcher_state : object_sink {
  using self_pointer = watcher_actor::stateful_pointer<watcher_state>;

  self_pointer self = nullptr;
  watched_place place;
  std::string operator_namespace;
  api_client api;
  registry_actor registry;
  metrics::instruments* meters = nullptr;
  /// The kind as /metrics names it, e.g. `cronjobs`.
  std::string plural;
  std::optional<reflector> view;
  std::vector<observation> seen;
  /// When that came in which is being worked off; nothing for a list.
  std::optional<std::chrono::steady_clock::time_point> heard;
  std::mt19937 random;
  static inline const char* name = "watcher";

  void upsert(const boost::json::value& object) override;
  void remove(const object_identity& which,
              const boost::json::value* last) override;

  /// Gives one input to the reflector and performs what it asks for.
  void step(const reflector::input& what);

private:
  void perform(const reflector::effect& what);
  void list(std::uint64_t ticket, const request_ptr& call);
  void flush(std::uint64_t ticket, std::size_t lines);
};

/// Watches one kind, in one namespace or in all.
watcher_actor::behavior_type
watcher(watcher_actor::stateful_pointer<watcher_state> self,
        watcher_setup setup);

} // namespace holystone::actors
