#include "actors/neighbours.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/leader_lease.hpp"
#include "k8s_io/list_pages.hpp"
#include "k8s_io/names.hpp"
#include "metrics/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::actors {

namespace {

constexpr seconds after_failure{5};
/// Often enough to see each of the fork's renewals, 26 s apart, within a term.
constexpr seconds beside_a_fork{30};

request all_leases() {
  request what;
  what.what = verb::list;
  what.kind = resources::leases;
  return what;
}

request leases_named(std::string_view name) {
  auto what = all_leases();
  what.field_selector = fmt::format("metadata.name={}", name);
  return what;
}

/// A pod that was given movers' images, but none of kopia's: the fork's
/// operator is always told which image that is.
bool is_of_upstream(const boost::json::value& pod) {
  auto is_told_of = [&](std::string_view mover, std::string_view variable) {
    for (const auto& container : items_at(pod, "spec", "containers")) {
      for (const auto& word : items_at(container, "args"))
        if (word.is_string()
            && word.get_string().find(mover) != word.get_string().npos)
          return true;
      for (const auto& entry : items_at(container, "env"))
        if (text_at(entry, "name") == variable)
          return true;
    }
    return false;
  };
  return is_told_of("restic-container-image", "RELATED_IMAGE_RESTIC_CONTAINER")
         && !is_told_of("kopia-container-image",
                        "RELATED_IMAGE_KOPIA_CONTAINER");
}

} // namespace

void neighbours_state::look() {
  auto into = std::make_shared<round>();
  into->next = [this](const round_ptr& over) {
    find_strangers(over);
  };
  auto keep = [this](records& where, const boost::json::value& lease) {
    auto ns = text_at(lease, "metadata", "namespace");
    if (ns != setup.operator_namespace)
      where[ns] = read_record(lease);
  };
  list(into, leases_named(leader_lease),
       [=](round& to, const boost::json::value& lease) {
         keep(to.ours, lease);
       });
  list(into, leases_named(fork_lease),
       [=](round& to, const boost::json::value& lease) {
         keep(to.forks, lease);
       });
  auto of_repositories = all_leases();
  of_repositories.label_selector = names::location_hash;
  of_repositories.metadata_only = true;
  list(into, std::move(of_repositories),
       [this](round& to, const boost::json::value& lease) {
         auto ns = text_at(lease, "metadata", "namespace");
         if (ns != setup.operator_namespace)
           ++to.repositories[ns];
       });
}

void neighbours_state::ask(
    const round_ptr& into, request what,
    std::function<void(const request&, const response&)> take) {
  ++into->owed;
  auto call = std::make_shared<const request>(std::move(what));
  auto done = [into] {
    if (--into->owed == 0)
      // It may say what follows on itself.
      std::exchange(into->next, {})(into);
  };
  self->request(setup.api, caf::infinite, call_atom::value, request_ptr{call})
      .then(
          [=](const response_ptr& answer) {
            take(*call, *answer);
            done();
          },
          [=](const caf::error& why) {
            into->why = caf::to_string(why);
            done();
          });
}

void neighbours_state::list(
    const round_ptr& into, request what,
    std::function<void(round&, const boost::json::value&)> take) {
  ask(into, std::move(what),
      [into, take](const request& call, const response& answer) {
        if (!answer.ok()) {
          into->refused = into->refused || answer.status == 403;
          into->why = describe(call, answer);
          return;
        }
        auto all = read_list(
            answer.body,
            {[&](const boost::json::value& lease) { take(*into, lease); },
             [](const unreadable_item&) {
             }});
        if (!all)
          into->why = all.why().message;
      });
}

void neighbours_state::find_strangers(const round_ptr& into) {
  into->next = [this](const round_ptr& over) {
    conclude(*over);
  };
  std::erase_if(is_upstream, [&](const auto& one) {
    return std::ranges::none_of(into->forks, [&](const auto& fork) {
      return fork.second.holder == one.first;
    });
  });
  for (const auto& [ns, record] : into->forks) {
    const auto& holder = record.holder;
    if (holder.empty() || is_upstream.contains(holder))
      continue;
    ask(into, get(resources::pods, {ns, holder.substr(0, holder.find('_'))}),
        [this, into, holder](const request& call, const response& answer) {
          // A pod that is gone or may not be read is nobody's of upstream.
          if (!answer.ok() && answer.status != 404 && answer.status != 403) {
            into->why = describe(call, answer);
            return;
          }
          boost::system::error_code broken;
          auto object = answer.ok() ? boost::json::parse(answer.body, broken)
                                    : boost::json::value{};
          is_upstream[holder] = is_of_upstream(object);
        });
  }
  if (into->owed == 0)
    conclude(*into);
}

void neighbours_state::conclude(const round& over) {
  auto now = steady_now(self);
  if (over.refused) {
    metrics::log_info("other installs are not looked for: Leases of other "
                      "namespaces may not be listed",
                      {{"error", over.why}});
    tell({});
    return;
  }
  if (!over.why.empty()) {
    metrics::log_warning("looking for other installs", {{"error", over.why}});
    wakeup.set(self, now + after_failure);
    return;
  }
  auto is_beside_a_fork = tell_of_forks(over.forks);
  known.see(over.ours, now);
  known.see_repositories(over.repositories);
  tell(known.notices(now));
  if (is_beside_a_fork)
    wakeup.set(self, now + beside_a_fork);
  else if (auto again = known.look_again(now))
    wakeup.set(self, *again);
}

bool neighbours_state::tell_of_forks(const records& seen) {
  auto news = std::make_shared<std::vector<observation>>();
  auto gone = std::exchange(forks, {});
  for (const auto& [ns, record] : seen)
    if (!record.holder.empty() && !is_upstream[record.holder]) {
      forks.insert(ns);
      gone.erase(ns);
      news->push_back(fact{fork_lease_seen{ns, record}});
    }
  for (const auto& ns : gone)
    news->push_back(loss{
        watched_kind::leases, {{ns, std::string{fork_lease}}, {}}, nullptr});
  if (!news->empty())
    self->request(setup.registry, caf::infinite, seen_atom::value,
                  observations{std::move(news)})
        .then([](bool) {}, [](const caf::error&) {});
  return !forks.empty();
}

void neighbours_state::tell(std::vector<std::string> notices) {
  if (told == notices)
    return;
  for (const auto& text : notices)
    if (!told || std::ranges::find(*told, text) == told->end())
      metrics::log_warning("another install", {{"notice", text}});
  told = notices;
  self->send(setup.registry, notice_atom::value, std::move(notices));
}

neighbours_actor::behavior_type
neighbours(neighbours_actor::stateful_pointer<neighbours_state> self,
           neighbours_setup setup) {
  self->state.self = self;
  self->state.setup = std::move(setup);
  self->state.look();
  return {
      [self](tick_atom, std::uint64_t ticket) {
        if (self->state.wakeup.rang(ticket))
          self->state.look();
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
