#include "late_client.hpp"

#include <caf/send.hpp>

namespace holystone::perturb {

using namespace actors;

late_client::behavior_type
client_of(late_client::stateful_pointer<late_client_state> self, process* of) {
  auto call = [self, of](const request_ptr& what) {
    auto promise = self->make_response_promise<response_ptr>();
    auto number = of->next_number();
    self->state.waiting.emplace(number, promise);
    if (auto told = of->take(number, *what)) {
      self->state.waiting.erase(number);
      promise.deliver(
          response_ptr{std::make_shared<const response>(std::move(*told))});
    }
    return promise;
  };
  of->deliver = [weak = caf::actor_cast<caf::weak_actor_ptr>(self->ctrl())](
                    std::uint64_t number, const response& told) {
    if (auto strong = weak.lock())
      caf::anon_send(caf::actor_cast<late_client>(strong), end_atom::value,
                     number,
                     response_ptr{std::make_shared<const response>(told)});
  };
  return {
      [call](call_atom, const request_ptr& what) { return call(what); },
      [call](urgent_atom, const request_ptr& what) { return call(what); },
      [of](watch_atom, std::uint64_t ticket, const request_ptr& what,
           const stream_sink& sink) { of->open(ticket, *what, sink); },
      [](credit_atom, const stream_sink&, std::uint64_t, std::uint64_t) {
        // The watches of a play are never too fast.
      },
      [of](cancel_atom, const stream_sink& sink, std::uint64_t ticket) {
        of->close(sink, ticket);
      },
      [self](end_atom, std::uint64_t number, const response_ptr& told) {
        auto i = self->state.waiting.find(number);
        if (i == self->state.waiting.end())
          return;
        i->second.deliver(told);
        self->state.waiting.erase(i);
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::perturb
