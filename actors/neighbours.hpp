#pragma once

// The neighbours: lists the Leases of other namespaces when the operator
// starts. It tells the registry of the fork there as the watch tells it of the
// fork at home, and people of other installs of ours, which would serve the
// same objects. It goes on listing only as long as there is one of
// these, and changes nothing. Who may not list Leases of other namespaces hears
// so once. What the Leases mean is fork_presence.hpp and other_installs.hpp in
// scheduler/. Spawned by the root.

#include "actors/interfaces.hpp"
#include "actors/timer.hpp"
#include "scheduler/other_installs.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holystone::actors {

/// What the neighbours are given.
struct neighbours_setup {
  api_client api;
  registry_actor registry;
  std::string operator_namespace;
};

/// The memory of the neighbours.
struct neighbours_state {
  using self_pointer = neighbours_actor::stateful_pointer<neighbours_state>;
  using records = std::map<std::string, lease_record>;

  self_pointer self = nullptr;
  neighbours_setup setup;
  other_installs known;
  /// The namespaces of the forks that the registry was told of.
  std::set<std::string> forks;
  /// Holders of the fork's Lease, and whether they are upstream's, whose Lease
  /// has the same name.
  std::map<std::string, bool> is_upstream;
  /// What people were told; nothing before the first round.
  std::optional<std::vector<std::string>> told;
  timer wakeup;
  static inline const char* name = "neighbours";

  /// Lists the Leases.
  void look();

private:
  /// One round of requests.
  struct round {
    records ours;
    records forks;
    std::map<std::string, std::size_t> repositories;
    std::size_t owed = 0;
    bool refused = false;
    std::string why;
    /// What follows when nothing is owed any more.
    std::function<void(const std::shared_ptr<round>&)> next;
  };
  using round_ptr = std::shared_ptr<round>;

  void ask(const round_ptr& into, request what,
           std::function<void(const request&, const response&)> take);
  void list(const round_ptr& into, request what,
            std::function<void(round&, const boost::json::value&)> take);
  void find_strangers(const round_ptr& into);
  void conclude(const round& over);
  bool tell_of_forks(const records& seen);
  void tell(std::vector<std::string> notices);
};

/// Looks for other installs.
neighbours_actor::behavior_type
neighbours(neighbours_actor::stateful_pointer<neighbours_state> self,
           neighbours_setup setup);

} // namespace holystone::actors
