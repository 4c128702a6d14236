#include "actors/root.hpp"

#include "actors/account_keeper.hpp"
#include "actors/inspector.hpp"
#include "actors/job_runner.hpp"
#include "actors/neighbours.hpp"
#include "actors/projections.hpp"
#include "actors/secret_mirror.hpp"
#include "actors/timer.hpp"
#include "actors/volume_reader.hpp"
#include "actors/watcher.hpp"
#include "metrics/log.hpp"

#include <fmt/format.h>

namespace holystone::actors {

void root_state::start_core() {
  auto& system = self->system();
  auto adopt = [this](std::string role, const auto& handle) {
    self->link_to(handle);
    core[std::move(role)].handle = caf::actor_cast<caf::actor>(handle);
  };
  auto client = setup.make_client(system);
  adopt("api-client", client);
  const auto& ns = setup.operator_namespace;
  auto mirror = system.spawn(secret_mirror, client, ns);
  adopt("secret-mirror", mirror);
  auto volumes = system.spawn(volume_reader, client);
  adopt("volume-reader", volumes);
  auto all = setup.registry;
  auto runner = system.spawn(
      job_runner, job_runner_setup{client, ns, all.common.mover, setup.now});
  adopt("job-runner", runner);
  all.keeper = system.spawn(account_keeper,
                            account_keeper_setup{client, ns, setup.now});
  adopt("account-keeper", all.keeper);
  all.common.watched = watched_places(ns, setup.namespaces);
  auto places = all.common.watched;
  all.common.api = client;
  all.common.mirror = mirror;
  all.common.runner = runner;
  all.common.volumes = volumes;
  all.common.now = setup.now;
  all.common.seed = setup.seed();
  all.common.stands_by = setup.stands_by;
  all.common.meters = setup.meters;
  all.common.onlookers = setup.onlookers;
  // Repositories that are still there show themselves again.
  setup.meters->forget_all();
  registry = system.spawn(actors::registry, std::move(all));
  adopt("registry", registry);
  adopt("neighbours", system.spawn(actors::neighbours,
                                   neighbours_setup{client, registry, ns}));
  for (const auto& place : places)
    adopt(fmt::format("watcher/{}", to_string(place)),
          system.spawn(watcher, watcher_setup{place, ns, client, registry,
                                              setup.meters, setup.seed}));
  if (setup.stands_by)
    return;
  if (!setup.leader_elect) {
    setup.meters->leader(true);
    self->send(registry, lead_atom::value, true);
    return;
  }
  elector = system.spawn(actors::elector,
                         elector_setup{client, registry, ns, setup.identity,
                                       setup.terms, setup.now,
                                       [meters = setup.meters](bool leads) {
                                         meters->leader(leads);
                                       },
                                       setup.seed});
  adopt("elector", elector);
}

void root_state::start_inspector() {
  inspector = self->spawn<caf::linked>(
      actors::inspector, caf::actor_cast<root_actor>(self), setup.onlookers,
      setup.stands_by ? teller::bystander : teller::replica);
}

void root_state::fell(const caf::exit_msg& what) {
  if (inspector && what.source == inspector.address()) {
    ++inspector_restarts;
    metrics::log_error(
        "actor failed; it is started again",
        {{"actor", "inspector"}, {"reason", caf::to_string(what.reason)}});
    setup.meters->actor_restarted("inspector");
    start_inspector();
    return;
  }
  std::string role;
  for (auto& [known, one] : core)
    if (one.handle && one.handle.address() == what.source)
      role = known;
  if (role.empty()) {
    // Whoever started us wants us to end; or one more fell of a core that is
    // gone, because what it had asked of another was not answered.
    if (what.reason == caf::exit_reason::user_shutdown)
      self->quit(what.reason);
    return;
  }
  setup.meters->leader(false);
  for (auto& [known, one] : core) {
    if (one.handle && known != role) {
      self->unlink_from(one.handle);
      self->send_exit(one.handle, caf::exit_reason::kill);
    }
    one.handle = nullptr;
    ++one.restarts;
  }
  registry = nullptr;
  elector = nullptr;
  auto delay = supervised.crashed(steady_now(self));
  metrics::log_error("actor failed; the core is started again",
                     {{"actor", role},
                      {"reason", caf::to_string(what.reason)},
                      {"seconds", delay.count()}});
  setup.meters->actor_restarted(role);
  self->delayed_send(self, delay, start_atom::value, ++generation);
}

actor_views root_state::list() const {
  auto shown = std::make_shared<std::vector<actor_view>>();
  shown->push_back(
      {"root", "", true, 0, caf::actor_cast<caf::actor>(self), {}});
  for (const auto& [known, one] : core)
    shown->push_back({known,
                      "root",
                      static_cast<bool>(one.handle),
                      one.restarts,
                      one.handle,
                      {}});
  shown->push_back({"inspector",
                    "root",
                    true,
                    inspector_restarts,
                    caf::actor_cast<caf::actor>(inspector),
                    {}});
  return shown;
}

root_actor::behavior_type root(root_actor::stateful_pointer<root_state> self,
                               root_setup setup) {
  auto& state = self->state;
  state.self = self;
  state.setup = std::move(setup);
  self->set_exit_handler(
      [self](const caf::exit_msg& what) { self->state.fell(what); });
  state.start_inspector();
  state.start_core();
  return {
      [self](start_atom, std::uint64_t generation) {
        if (generation == self->state.generation)
          self->state.start_core();
      },
      [self](list_atom) { return self->state.list(); },
      [self](get_atom) { return self->state.registry; },
      [self](http_atom, const exchange_ptr& exchange) {
        self->send(self->state.inspector, http_atom::value, exchange);
      },
      [self](stop_atom) -> caf::result<bool> {
        ++self->state.generation;
        if (!self->state.elector)
          return true;
        return self->delegate(self->state.elector, stop_atom::value);
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
