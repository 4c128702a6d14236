#include "actors/api_client.hpp"

#include <caf/send.hpp>

namespace holystone::actors {

transport_client::behavior_type
api_client_over(transport_client::stateful_pointer<api_client_state> self,
                std::shared_ptr<transport> net) {
  auto submit = [self, net](const request_ptr& what, urgency how) {
    auto promise = self->make_response_promise<response_ptr>();
    auto number = ++self->state.calls;
    self->state.waiting.emplace(number, promise);
    net->submit(
      *what,
      [to = caf::actor_cast<transport_client>(self), number](response answer) {
        caf::anon_send(to, end_atom::value, number,
                       response_ptr{std::make_shared<const response>(
                         std::move(answer))});
      },
      how);
    return promise;
  };
  // Watches outlive nobody: when this actor goes, its watches go.
  self->attach_functor([watches = self->state.watches, net] {
    for (const auto& [key, id] : *watches)
      net->cancel(id);
  });
  return {
    [submit](call_atom, const request_ptr& what) {
      return submit(what, urgency::ordinary);
    },
    [submit](urgent_atom, const request_ptr& what) {
      return submit(what, urgency::urgent);
    },
    [self, net](watch_atom, std::uint64_t ticket, const request_ptr& what,
                const stream_sink& sink) {
      watch_listener listener;
      listener.on_lines = [sink, ticket](std::vector<std::string> lines) {
        caf::anon_send(sink, lines_atom::value, ticket, std::move(lines));
      };
      listener.on_end = [sink, ticket](watch_end how) {
        caf::anon_send(sink, end_atom::value, ticket, std::move(how));
      };
      (*self->state.watches)[{caf::actor_cast<caf::actor_addr>(sink), ticket}]
        = net->open_watch(*what, std::move(listener));
    },
    [self, net](credit_atom, const stream_sink& sink, std::uint64_t ticket,
                std::uint64_t lines) {
      auto i = self->state.watches->find(
        {caf::actor_cast<caf::actor_addr>(sink), ticket});
      if (i != self->state.watches->end())
        net->grant(i->second, lines);
    },
    [self, net](cancel_atom, const stream_sink& sink, std::uint64_t ticket) {
      auto i = self->state.watches->find(
        {caf::actor_cast<caf::actor_addr>(sink), ticket});
      if (i == self->state.watches->end())
        return;
      net->cancel(i->second);
      self->state.watches->erase(i);
    },
    [self](end_atom, std::uint64_t number, const response_ptr& answer) {
      auto i = self->state.waiting.find(number);
      if (i == self->state.waiting.end())
        return;
      auto promise = i->second;
      self->state.waiting.erase(i);
      promise.deliver(answer);
    },
  };
}

} // namespace holystone::actors
