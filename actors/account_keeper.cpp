#include "actors/account_keeper.hpp"

#include "actors/outcomes.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/pod_template.hpp"
#include "metrics/log.hpp"

namespace holystone::actors {

void account_keeper_state::take(const observation& what) {
  if (const auto* gone = std::get_if<loss>(&what)) {
    if (gone->kind == watched_kind::service_accounts)
      known.forget_account(gone->which.key.ns);
    else
      known.forget_cron_job(gone->which.key);
    return;
  }
  const auto& now_is = std::get<fact>(what);
  if (const auto* account = std::get_if<account_seen>(&now_is))
    known.learn(*account);
  else if (const auto* cron_job = std::get_if<cron_job_seen>(&now_is))
    known.learn(*cron_job);
}

void account_keeper_state::ensure() {
  if (!leading || is_writing)
    return;
  if (auto what = known.next(is_settled, setup.now()))
    write(*what);
  else if (known.is_pending(is_settled))
    arm();
}

void account_keeper_state::write(const accounts::change& what) {
  const auto& home = setup.operator_namespace;
  auto call = what.uid ? remove(resources::service_accounts,
                                {what.ns, std::string{names::service_account}},
                                what.uid, {}, propagation::background)
                       : apply_service_account(what.ns, home);
  is_writing = true;
  auto asked = std::make_shared<const request>(std::move(call));
  self->request(setup.api, caf::infinite, call_atom::value, request_ptr{asked})
      .then(
          [this, what, asked](const response_ptr& answer) {
            is_writing = false;
            auto end = to_outcome(*asked, *answer, 0, 0.5);
            if (end.done)
              known.done(what);
            else
              metrics::log_warning(
                  "cannot write the ServiceAccount of maintenance pods",
                  {{"namespace", what.ns}, {"error", end.message}});
            ensure();
          },
          [this](const caf::error&) {
            is_writing = false;
            ensure();
          });
}

void account_keeper_state::arm() {
  wakeup.set(self, steady_now(self) + account_patience);
}

account_keeper_actor::behavior_type
account_keeper(account_keeper_state::self_pointer self,
               account_keeper_setup setup) {
  auto& state = self->state;
  state.self = self;
  state.known = accounts{setup.operator_namespace};
  state.setup = std::move(setup);
  return {
      [self](seen_atom, const fact_ptr& what) {
        self->state.take(*what);
        self->state.ensure();
      },
      [self](need_atom, const claim_key& who, bool is_beside) {
        self->state.known.need(who, is_beside);
        self->state.ensure();
      },
      [self](become_atom, circumstance what, bool is_so) {
        if (what == circumstance::settled)
          self->state.is_settled = is_so;
        if (what == circumstance::leading)
          self->state.leading = is_so;
        self->state.ensure();
      },
      [self](tick_atom, std::uint64_t ticket) {
        if (self->state.wakeup.rang(ticket))
          self->state.ensure();
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
