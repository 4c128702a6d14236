#pragma once

// The account keeper: makes the ServiceAccount of maintenance pods wherever
// such pods run, repairs it, and removes it when none run there any more.
// accounts.hpp says which write is next. Spawned by the root.

#include "actors/accounts.hpp"
#include "actors/interfaces.hpp"
#include "actors/timer.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>

namespace holystone::actors {

/// What the account keeper is given.
struct account_keeper_setup {
  api_client api;
  std::string operator_namespace;
  wall_clock now;
};

/// The memory of the account keeper.
struct account_keeper_state {
  using self_pointer
      = account_keeper_actor::stateful_pointer<account_keeper_state>;

  self_pointer self = nullptr;
  account_keeper_setup setup;
  accounts known;
  bool leading = false;
  bool is_settled = false;
  bool is_writing = false;
  timer wakeup;
  static inline const char* name = "account-keeper";

  void take(const observation& what);
  void ensure();

private:
  void write(const accounts::change& what);
  void arm();
};

/// Keeps ServiceAccounts.
account_keeper_actor::behavior_type
account_keeper(account_keeper_state::self_pointer self,
               account_keeper_setup setup);

} // namespace holystone::actors
