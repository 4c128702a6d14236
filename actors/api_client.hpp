#pragma once

// The api client actor: the transport as seen by actors. Answers that arrive
// on the transport's thread are posted back here and delivered to whoever
// asked; watch lines go straight to their sink. It holds no policy. Spawned by
// the root; tests use a simulated cluster in its place.

#include "actors/interfaces.hpp"
#include "k8s_io/transport.hpp"
#include "metrics/instruments.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <map>
#include <memory>
#include <utility>

namespace holystone::actors {

/// The api client with its messages to itself.
using transport_client = api_client::extend<
    // INTERNAL: the call with this number was answered; was it an ordinary one?
    takes<end_atom, std::uint64_t, bool, response_ptr>>;

/// A call that was not answered yet.
struct call_under_way {
  caf::typed_response_promise<response_ptr> promise;
  request_ptr what;
  std::chrono::steady_clock::time_point since;
};

/// The memory of the api client actor.
struct api_client_state {
  using sink_ticket = std::pair<caf::actor_addr, std::uint64_t>;

  /// Calls not yet answered, by number.
  std::map<std::uint64_t, call_under_way> waiting;
  /// Calls that wait for a place on the wire. They wait here because the
  /// transport would copy their bodies.
  std::deque<std::pair<std::uint64_t, request_ptr>> queue;
  /// Ordinary calls that the transport has.
  std::size_t under_way = 0;
  /// Open watches; shared with the clean-up, which runs after this is gone.
  std::shared_ptr<std::map<sink_ticket, watch_id>> watches
      = std::make_shared<std::map<sink_ticket, watch_id>>();
  std::uint64_t calls = 0;
  static inline const char* name = "api-client";
};

/// Talks to the API server through `net`; `meters` outlives it.
transport_client::behavior_type
api_client_over(transport_client::stateful_pointer<api_client_state> self,
                std::shared_ptr<transport> net, metrics::instruments* meters);

} // namespace holystone::actors
