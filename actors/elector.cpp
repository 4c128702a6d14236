#include "actors/elector.hpp"

#include "k8s_io/leader_lease.hpp"
#include "metrics/log.hpp"

namespace holystone::actors {

void elector_state::send(const election::request& what) {
  if (what) {
    auto step = *what;
    auto call = std::make_shared<const request>(
        to_request(step, setup.operator_namespace, leader_lease, setup.now()));
    // The race goes on by itself when an answer is late.
    self->request(setup.api, caf::infinite, urgent_atom::value,
                  request_ptr{call})
        .then([this,
               step](const response_ptr& answer) { answered(step, *answer); },
              [this, step](const caf::error&) {
                send(race->failed(step.serial, steady_now(self)));
              });
  }
  settle();
}

void elector_state::answered(const lease_request& what,
                             const response& answer) {
  auto record = answer.ok() ? read_leader(answer.body) : std::nullopt;
  if (record)
    send(race->found(what.serial, std::move(*record), steady_now(self)));
  else if (answer.status == 404 && what.verb == lease_verb::read)
    send(race->lacked(what.serial, steady_now(self)));
  else
    send(race->failed(what.serial, steady_now(self)));
}

void elector_state::settle() {
  auto leads = race->leads(steady_now(self));
  if (leads != led) {
    led = leads;
    metrics::log_info(
        leads ? "leading" : "not leading",
        {{"identity", setup.identity}, {"holder", race->holder()}});
    if (setup.on_change)
      setup.on_change(leads);
    self->send(setup.registry, lead_atom::value, leads);
  }
  if (race->is_over()) {
    if (leaving) {
      leaving->deliver(true);
      leaving.reset();
    }
    return;
  }
  wakeup.set(self, race->next_tick(steady_now(self)));
}

void elector_state::tick() {
  send(
      race->tick(steady_now(self), std::uniform_real_distribution<>{}(random)));
}

void elector_state::leave(caf::typed_response_promise<bool> promise) {
  leaving = promise;
  // Work stops before the Lease is given back.
  if (led)
    self->send(setup.registry, lead_atom::value, false);
  send(race->release(steady_now(self)));
}

elector_actor::behavior_type
elector(elector_actor::stateful_pointer<elector_state> self,
        elector_setup setup) {
  auto& state = self->state;
  state.self = self;
  state.race.emplace(setup.identity, setup.terms);
  state.setup = std::move(setup);
  state.random.seed(state.setup.seed());
  state.tick();
  return {
      [self](tick_atom, std::uint64_t ticket) {
        if (self->state.wakeup.rang(ticket))
          self->state.tick();
      },
      [self](stop_atom) {
        auto promise = self->make_response_promise<bool>();
        self->state.leave(promise);
        return promise;
      },
      [self](get_atom) { return self->state.led; },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
