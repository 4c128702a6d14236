#pragma once

// The api client of a process: the actor that the operator takes for the one in
// front of curl. An answer comes at once, or later under its call's number. It
// decides nothing; the process does. Spawned by it.

#include "process.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <map>

namespace holystone::perturb {

/// An api client that is told late answers.
using late_client = actors::api_client::extend<
    // INTERNAL: the answer to the call with this number.
    actors::takes<actors::end_atom, std::uint64_t, actors::response_ptr>>;

/// The calls that wait for their answers.
struct late_client_state {
  std::map<std::uint64_t, caf::typed_response_promise<actors::response_ptr>>
      waiting;
  static inline const char* name = "api-client";
};

/// The client of `of`, which outlives it.
late_client::behavior_type
client_of(late_client::stateful_pointer<late_client_state> self, process* of);

} // namespace holystone::perturb
