#pragma once

// The secret mirror: reads repository Secrets and keeps their copies. The only
// actor that ever holds Secrets' bytes, and only while it answers a message;
// what leaves it are locations, versions and outcomes. Few copies are made at
// a time: a Secret may have 1 MiB, and there may be thousands. Spawned by the
// root.

#include "actors/interfaces.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <utility>

namespace holystone::actors {

/// Copies that are made at once: enough to keep the transport busy.
inline constexpr std::size_t most_copies_at_once = 20;

/// The memory of the secret mirror.
struct secret_mirror_state {
  using outcome_promise = caf::typed_response_promise<outcome_ptr>;

  /// Copies under way, each with the bytes of its Secret.
  std::size_t copying = 0;
  /// Copies that have not begun.
  std::deque<std::pair<copy_order_ptr, outcome_promise>> waiting;
  api_client api;
  std::string operator_namespace;
  static inline const char* name = "secret-mirror";
};

/// Reads and copies Secrets; copies live in `operator_namespace`.
secret_mirror_actor::behavior_type
secret_mirror(secret_mirror_actor::stateful_pointer<secret_mirror_state> self,
              api_client api, std::string operator_namespace);

} // namespace holystone::actors
