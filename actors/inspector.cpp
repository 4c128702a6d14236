#include "actors/inspector.hpp"

#include "actors/json_answer.hpp"
#include "actors/view_json.hpp"
#include "actors/why.hpp"

#include "metrics/web_page.hpp"
#include "scheduler/cron_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace holystone::actors {

namespace {

using self_pointer = inspector_actor::pointer;

/// Below the HTTP server's own deadline, so that we say why.
constexpr auto patience = std::chrono::seconds{10};

/// Asks the registry, through the root, which knows whether there is one.
template <class Then>
void with_registry(self_pointer self, const root_actor& root,
                   const exchange_ptr& to, Then then) {
  auto failed = [to](const caf::error&) {
    refuse(to, 503, "the registry is starting; try again");
  };
  self->request(root, patience, get_atom::value)
      .then(
          [=](const registry_actor& registry) {
            if (!registry)
              refuse(to, 503, "the registry is starting; try again");
            else
              then(registry, failed);
          },
          failed);
}

void show_readiness(self_pointer self, const root_actor& root,
                    const exchange_ptr& to) {
  with_registry(self, root, to, [=](const registry_actor& from, auto failed) {
    self->request(from, patience, list_atom::value)
        .then(
            [to](const registry_view_ptr& view) {
              answer(to, view->synced ? 200 : 503, readiness_json(*view));
            },
            failed);
  });
}

/// Asks each actor how much waits for it, then goes on. Who needs a second for
/// that is shown without an answer: everything else would wait for him.
template <class Then>
void with_mailboxes(self_pointer self, const actor_views& actors, Then then) {
  constexpr auto moment = std::chrono::seconds{1};
  auto all = std::make_shared<std::vector<actor_view>>(*actors);
  // One more than there are, so that it ends with nobody asked too.
  auto owed = std::make_shared<std::size_t>(all->size() + 1);
  auto one_less = [=] {
    if (--*owed == 0)
      then(*all);
  };
  for (std::size_t i = 0; i < all->size(); ++i) {
    const auto& handle = (*all)[i].handle;
    if (!handle) {
      one_less();
      continue;
    }
    self->request(handle, moment, mailbox_atom::value)
        .then(
            [=](std::uint64_t waiting) {
              (*all)[i].mailbox = waiting;
              one_less();
            },
            [=](const caf::error&) { one_less(); });
  }
  one_less();
}

void show_actors(self_pointer self, const root_actor& root,
                 const exchange_ptr& to) {
  auto failed = [to](const caf::error&) {
    refuse(to, 503, "the operator is starting; try again");
  };
  self->request(root, patience, list_atom::value)
      .then(
          [=](const actor_views& actors) {
            with_registry(
                self, root, to,
                [=](const registry_actor& from, auto registry_failed) {
                  self->request(from, patience, list_atom::value)
                      .then(
                          [=](const registry_view_ptr& view) {
                            with_mailboxes(
                                self, actors, [=](const auto& asked) {
                                  answer(to, 200, to_json(asked, *view));
                                });
                          },
                          registry_failed);
                });
          },
          failed);
}

/// Which part of the list is wanted.
struct page {
  /// Each repository is asked for its line: so many at a time.
  std::size_t limit = 500;
  /// The last hash of the page before.
  std::string after;
};

result<page> page_of(std::string_view query) {
  constexpr std::size_t longest = 1000;
  page wanted;
  if (query.empty())
    return wanted;
  for (auto part : split(query.substr(1), '&')) {
    auto name = part.substr(0, part.find('='));
    auto value = part.substr(std::min(name.size() + 1, part.size()));
    if (name == "continue") {
      wanted.after = value;
    } else if (name == "limit") {
      auto [end, failed] = std::from_chars(
          value.data(), value.data() + value.size(), wanted.limit);
      if (failed != std::errc{} || end != value.data() + value.size()
          || wanted.limit < 1 || wanted.limit > longest)
        return error{fmt::format("limit is a number from 1 to {}", longest)};
    } else {
      return error{"there are limit and continue, and nothing else to ask"};
    }
  }
  return wanted;
}

/// What is owed to one who asked for a page.
struct gathering {
  /// By hash, in whatever order they answer.
  std::map<std::string, boost::json::object> lines;
  std::string last;
  std::size_t total = 0;
  bool is_last_page = true;
  std::size_t owed = 0;

  boost::json::object whole() {
    boost::json::array items;
    for (auto& [hash, line] : lines)
      items.push_back(std::move(line));
    boost::json::object all{{"items", std::move(items)}, {"total", total}};
    if (!is_last_page)
      all["continue"] = last;
    return all;
  }
};

/// The hashes of the page, in their order.
std::vector<std::string> hashes_of(const registry_view& view,
                                   const page& wanted, gathering& all) {
  std::vector<std::string> hashes;
  for (const auto& one : view.repositories)
    if (!one.hash.empty())
      hashes.push_back(one.hash);
  all.total = hashes.size();
  std::ranges::sort(hashes);
  hashes.erase(hashes.begin(), std::ranges::upper_bound(hashes, wanted.after));
  if (hashes.size() > wanted.limit) {
    hashes.resize(wanted.limit);
    all.is_last_page = false;
  }
  if (!hashes.empty())
    all.last = hashes.back();
  return hashes;
}

void show_repositories(self_pointer self, const root_actor& root,
                       std::string_view query, const exchange_ptr& to) {
  auto wanted = page_of(query);
  if (!wanted) {
    refuse(to, 400, wanted.why().message);
    return;
  }
  with_registry(self, root, to, [=](const registry_actor& from, auto failed) {
    self->request(from, patience, list_atom::value)
        .then(
            [=](const registry_view_ptr& view) {
              auto all = std::make_shared<gathering>();
              auto one_less = [to, all] {
                if (--all->owed == 0)
                  answer(to, 200, all->whole());
              };
              auto hashes = hashes_of(*view, *wanted, *all);
              // One more than there are, so that an empty list is answered too.
              all->owed = hashes.size() + 1;
              for (const auto& hash : hashes)
                self->request(from, patience, get_atom::value, hash)
                    .then(
                        [=](const view_ptr& shown) {
                          if (shown)
                            all->lines.emplace(hash, brief_json(*shown));
                          one_less();
                        },
                        [=](const caf::error&) { one_less(); });
              one_less();
            },
            failed);
  });
}

void show_repository(self_pointer self, const root_actor& root,
                     const std::string& hash, const exchange_ptr& to) {
  with_registry(self, root, to, [=](const registry_actor& from, auto failed) {
    self->request(from, patience, get_atom::value, hash)
        .then(
            [=](const view_ptr& shown) {
              if (shown)
                answer(to, 200, to_json(*shown));
              else
                refuse(to, 404,
                       fmt::format("no repository has the hash {}; "
                                   "/v1/repositories lists them",
                                   hash));
            },
            failed);
  });
}

/// Asks one repository after the other whether it has to do with an object of
/// which nobody knows where it belongs: all answers at once would be in memory
/// at once.
struct search {
  self_pointer self;
  registry_actor from;
  exchange_ptr to;
  subject_of_question wanted;
  teller who;
  std::vector<std::string> hashes;
};

void tell_why(const exchange_ptr& to, const repository_view& view,
              const subject_of_question& asked, teller who) {
  answer(to, 200, why_json(view, explain(view, asked, who)));
}

void tell_nothing(const exchange_ptr& to, const subject_of_question& asked) {
  refuse(to, 404,
         fmt::format("no repository has to do with {}; does the object name a "
                     "Kopia repository?",
                     to_string(asked.key)));
}

void look_on(const std::shared_ptr<search>& all) {
  if (all->hashes.empty()) {
    tell_nothing(all->to, all->wanted);
    return;
  }
  auto hash = std::move(all->hashes.back());
  all->hashes.pop_back();
  all->self->request(all->from, patience, get_atom::value, hash)
      .then(
          [all](const view_ptr& shown) {
            if (shown && concerns(*shown, all->wanted))
              tell_why(all->to, *shown, all->wanted, all->who);
            else
              look_on(all);
          },
          [all](const caf::error&) { look_on(all); });
}

void show_why(self_pointer self, const root_actor& root, teller who,
              std::string_view target, const exchange_ptr& to) {
  auto parts = split(target, '/');
  auto wanted = parts.size() == 3 ? parse_subject(
                    parts[0], {std::string{parts[1]}, std::string{parts[2]}})
                                  : std::nullopt;
  if (!wanted) {
    refuse(to, 400,
           "ask /v1/why/KIND/NAMESPACE/NAME, where KIND is replicationsource, "
           "kopiamaintenance, cronjob, job, pod or secret");
    return;
  }
  with_registry(self, root, to, [=](const registry_actor& from, auto failed) {
    if (wanted->what == subject_of_question::kind::claim) {
      self->request(from, patience, get_atom::value,
                    claim_key{wanted->claims, wanted->key})
          .then(
              [=](const view_ptr& shown) {
                if (shown)
                  tell_why(to, *shown, *wanted, who);
                else
                  tell_nothing(to, *wanted);
              },
              failed);
      return;
    }
    self->request(from, patience, list_atom::value)
        .then(
            [=](const registry_view_ptr& view) {
              auto all = std::make_shared<search>(
                  search{self, from, to, *wanted, who, {}});
              for (const auto& one : view->repositories)
                all->hashes.push_back(one.hash);
              look_on(all);
            },
            failed);
  });
}

void show_events(metrics::broadcaster* onlookers, const exchange_ptr& to) {
  if (onlookers)
    onlookers->admit(*to);
  else
    refuse(to, 503, "nothing is told here");
}

void route(self_pointer self, const root_actor& root,
           metrics::broadcaster* onlookers, teller who,
           const exchange_ptr& to) {
  constexpr std::string_view repositories = "/v1/repositories";
  constexpr std::string_view why = "/v1/why/";
  std::string_view target = to->request().target;
  auto question = std::min(target.find('?'), target.size());
  auto query = target.substr(question);
  target = target.substr(0, question);
  if (target == "/healthz")
    answer(to, 200, boost::json::object{{"ok", true}});
  else if (target == "/readyz")
    show_readiness(self, root, to);
  else if (target == "/v1/actors")
    show_actors(self, root, to);
  else if (target == repositories)
    show_repositories(self, root, query, to);
  else if (target.starts_with(why))
    show_why(self, root, who, target.substr(why.size()), to);
  else if (target == "/v1/events")
    show_events(onlookers, to);
  else if (target.starts_with(repositories)
           && target.size() == repositories.size() + 1 + 16)
    show_repository(self, root,
                    std::string{target.substr(repositories.size() + 1)}, to);
  else if (auto file = metrics::web_page(target))
    to->respond(std::move(*file));
  else
    refuse(to, 404, "no such page");
}

} // namespace

inspector_actor::behavior_type inspector(self_pointer self, root_actor root,
                                         metrics::broadcaster* onlookers,
                                         teller who) {
  return {
      [=](http_atom, const exchange_ptr& exchange) {
        route(self, root, onlookers, who, exchange);
      },
      [self](mailbox_atom) { return messages_waiting(self); },
  };
}

} // namespace holystone::actors
