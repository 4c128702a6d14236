#include "actors/api_client.hpp"

#include <caf/send.hpp>

namespace holystone::actors {

namespace {

using self_pointer = transport_client::stateful_pointer<api_client_state>;

/// Enough to keep the transport's own limit of calls in flight busy.
constexpr std::size_t most_under_way = 40;

void hand_over(self_pointer self, transport& net, std::uint64_t number,
               const request& what, urgency how) {
  auto to = caf::actor_cast<transport_client>(self);
  auto is_ordinary = how == urgency::ordinary;
  net.submit(
      what,
      [to, number, is_ordinary](response answer) {
        caf::anon_send(
            to, end_atom::value, number, is_ordinary,
            response_ptr{std::make_shared<const response>(std::move(answer))});
      },
      how);
}

void fill_wire(self_pointer self, transport& net) {
  auto& state = self->state;
  while (!state.queue.empty() && state.under_way < most_under_way) {
    auto [number, what] = std::move(state.queue.front());
    state.queue.pop_front();
    ++state.under_way;
    hand_over(self, net, number, *what, urgency::ordinary);
  }
}

bool is_write(verb what) {
  return what != verb::get && what != verb::list && what != verb::watch;
}

void answered(self_pointer self, metrics::instruments& meters,
              std::uint64_t number, const response_ptr& answer) {
  auto i = self->state.waiting.find(number);
  if (i == self->state.waiting.end())
    return;
  auto call = std::move(i->second);
  self->state.waiting.erase(i);
  const auto& what = *call.what;
  auto name = to_string(what.what);
  meters.api_request(name, what.kind.plural, answer->status,
                     self->clock().now() - call.since);
  if (is_write(what.what) && answer->ok())
    meters.written(name, what.kind.plural);
  call.promise.deliver(answer);
}

} // namespace

transport_client::behavior_type
api_client_over(transport_client::stateful_pointer<api_client_state> self,
                std::shared_ptr<transport> net, metrics::instruments* meters) {
  auto expect = [self](const request_ptr& what) {
    auto promise = self->make_response_promise<response_ptr>();
    self->state.waiting.emplace(
        ++self->state.calls,
        call_under_way{promise, what, self->clock().now()});
    return promise;
  };
  // Watches outlive nobody: when this actor goes, its watches go.
  self->attach_functor([watches = self->state.watches, net] {
    for (const auto& [key, id] : *watches)
      net->cancel(id);
  });
  return {
      [=](call_atom, const request_ptr& what) {
        auto promise = expect(what);
        self->state.queue.emplace_back(self->state.calls, what);
        fill_wire(self, *net);
        return promise;
      },
      [=](urgent_atom, const request_ptr& what) {
        auto promise = expect(what);
        hand_over(self, *net, self->state.calls, *what, urgency::urgent);
        return promise;
      },
      [self, net](watch_atom, std::uint64_t ticket, const request_ptr& what,
                  const stream_sink& sink) {
        watch_listener listener;
        listener.on_lines = [sink, ticket](std::vector<std::string> lines) {
          caf::anon_send(sink, lines_atom::value, ticket,
                         watch_lines{std::move(lines)});
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
      [=](end_atom, std::uint64_t number, bool is_ordinary,
          const response_ptr& answer) {
        if (is_ordinary) {
          --self->state.under_way;
          fill_wire(self, *net);
        }
        answered(self, *meters, number, answer);
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
