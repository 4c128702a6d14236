#include "actors/watcher.hpp"

#include "actors/projections.hpp"
#include "metrics/log.hpp"

namespace holystone::actors {

namespace {

/// Of a list the registry is told in parts, so that no part is large.
constexpr std::size_t most_at_once = 128;

} // namespace

void watcher_state::upsert(const boost::json::value& object) {
  if (seen.size() == most_at_once)
    flush(0, 0);
  seen.emplace_back(project(place.kind, object, operator_namespace));
}

void watcher_state::remove(const object_identity& which,
                           const boost::json::value* last) {
  loss gone{own_kind(place.kind), which, nullptr};
  if (last)
    gone.last = std::make_shared<const fact>(
        project(place.kind, *last, operator_namespace));
  seen.emplace_back(std::move(gone));
}

void watcher_state::flush(std::uint64_t ticket, std::size_t lines) {
  if (seen.empty() && lines == 0)
    return;
  auto batch = observations{
      new std::vector<observation>(std::exchange(seen, {})),
      // The last one who holds a part of it has done what there is to do.
      [meters = meters, since = heard](const std::vector<observation>* all) {
        if (since)
          meters->events_settled(all->size(),
                                 std::chrono::steady_clock::now() - *since);
        delete all;
      }};
  // Lines are paid for when the registry has digested them, so that a flood
  // waits in the server and not in our memory.
  self->request(registry, caf::infinite, seen_atom::value, batch)
      .then([this, ticket, lines](bool) {
        if (lines > 0)
          self->send(api, credit_atom::value,
                     caf::actor_cast<stream_sink>(self), ticket,
                     static_cast<std::uint64_t>(lines));
      });
}

void watcher_state::list(std::uint64_t ticket, const request_ptr& call) {
  auto read = [this, ticket](const response_ptr& answer) {
    self->request(registry, caf::infinite, turn_atom::value)
        .then([this, ticket, answer](bool) {
          step(reflector::listed{ticket, answer});
          self->send(registry, finish_atom::value);
        });
  };
  self->request(api, caf::infinite, call_atom::value, call)
      .then(read, [read](const caf::error& why) {
        response none;
        none.failure = caf::to_string(why);
        read(std::make_shared<const response>(std::move(none)));
      });
}

void watcher_state::perform(const reflector::effect& what) {
  if (const auto* list = std::get_if<reflector::send_list>(&what)) {
    if (list->call.continue_token.empty())
      meters->relisted(plural);
    this->list(list->ticket, std::make_shared<const request>(list->call));
  } else if (const auto* open = std::get_if<reflector::open_watch>(&what)) {
    self->send(api, watch_atom::value, open->ticket,
               request_ptr{std::make_shared<const request>(open->order)},
               caf::actor_cast<stream_sink>(self));
  } else if (const auto* close = std::get_if<reflector::close_watch>(&what)) {
    self->send(api, cancel_atom::value, caf::actor_cast<stream_sink>(self),
               close->ticket);
  } else if (const auto* nap = std::get_if<reflector::sleep>(&what)) {
    self->delayed_send(self, nap->time, tick_atom::value, nap->ticket);
  } else if (std::holds_alternative<reflector::synced>(what)) {
    flush(0, 0);
    self->send(registry, synced_atom::value, place);
  } else if (const auto* told = std::get_if<reflector::report>(&what)) {
    metrics::log_warning("watch",
                         {{"kind", to_string(place)}, {"what", told->message}});
  }
}

void watcher_state::step(const reflector::input& what) {
  auto skipped = view->counts().skipped;
  auto chance = std::uniform_real_distribution<>{}(random);
  auto effects = view->step(what,
                            {std::chrono::steady_clock::time_point{
                                 self->clock().now().time_since_epoch()},
                             chance},
                            *this);
  if (auto now = view->counts().skipped; now != skipped)
    meters->skipped(plural, now - skipped);
  if (const auto* lines = std::get_if<reflector::lines>(&what)) {
    meters->watch_events(plural, lines->texts.size());
    flush(lines->ticket, lines->texts.size());
  } else
    flush(0, 0);
  for (const auto& effect : effects)
    perform(effect);
}

watcher_actor::behavior_type
watcher(watcher_actor::stateful_pointer<watcher_state> self,
        watcher_setup setup) {
  auto& state = self->state;
  state.self = self;
  state.place = setup.place;
  state.operator_namespace = setup.operator_namespace;
  state.api = setup.api;
  state.registry = setup.registry;
  state.meters = setup.meters;
  auto what = to_reflected(setup.place, setup.operator_namespace);
  state.plural = what.kind.plural;
  state.view.emplace(std::move(what));
  state.random.seed(setup.seed());
  // An alert needs the zero before the first.
  state.meters->skipped(state.plural, 0);
  state.step(reflector::start{});
  return {
      [self](lines_atom, std::uint64_t ticket, watch_lines& lines) {
        self->state.heard = lines.heard;
        self->state.step(reflector::lines{ticket, std::move(lines.texts)});
        self->state.heard.reset();
      },
      [self](end_atom, std::uint64_t ticket, const watch_end& how) {
        self->state.step(reflector::ended{ticket, how});
      },
      [self](tick_atom, std::uint64_t ticket) {
        self->state.step(reflector::woken{ticket});
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
