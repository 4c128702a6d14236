#include "actors/inspector.hpp"

#include "actors/view_json.hpp"

#include <fmt/format.h>

namespace holystone::actors {

namespace {

using self_pointer = inspector_actor::pointer;

/// Below the HTTP server's own deadline, so that we say why.
constexpr auto patience = std::chrono::seconds{10};

void answer(const exchange_ptr& to, int status,
            const boost::json::value& body) {
  metrics::http_response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = boost::json::serialize(body) + "\n";
  to->respond(std::move(response));
}

void refuse(const exchange_ptr& to, int status, std::string_view why) {
  answer(to, status, boost::json::object{{"error", why}});
}

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

void show_actors(self_pointer self, const root_actor& root,
                 const exchange_ptr& to) {
  self->request(root, patience, list_atom::value)
      .then([=](const actor_views& actors) {
        with_registry(self, root, to,
                      [=](const registry_actor& from, auto failed) {
                        self->request(from, patience, list_atom::value)
                            .then(
                                [=](const registry_view_ptr& view) {
                                  answer(to, 200, to_json(*actors, *view));
                                },
                                failed);
                      });
      });
}

void show_repositories(self_pointer self, const root_actor& root,
                       const exchange_ptr& to) {
  struct gathering {
    boost::json::array items;
    std::size_t owed = 0;
  };
  with_registry(self, root, to, [=](const registry_actor& from, auto failed) {
    self->request(from, patience, list_atom::value)
        .then(
            [=](const registry_view_ptr& view) {
              auto all = std::make_shared<gathering>();
              auto one_less = [to, all] {
                if (--all->owed == 0)
                  answer(to, 200,
                         boost::json::object{{"items", std::move(all->items)}});
              };
              // One more than there are, so that an empty list is answered too.
              all->owed = 1;
              for (const auto& one : view->repositories) {
                if (one.hash.empty())
                  continue;
                ++all->owed;
                self->request(from, patience, get_atom::value, one.hash)
                    .then(
                        [=](const view_ptr& shown) {
                          if (shown)
                            all->items.push_back(brief_json(*shown));
                          one_less();
                        },
                        [=](const caf::error&) { one_less(); });
              }
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

void route(self_pointer self, const root_actor& root, const exchange_ptr& to) {
  constexpr std::string_view repositories = "/v1/repositories";
  std::string_view target = to->request().target;
  target = target.substr(0, target.find('?'));
  if (target == "/healthz")
    answer(to, 200, boost::json::object{{"ok", true}});
  else if (target == "/readyz")
    show_readiness(self, root, to);
  else if (target == "/v1/actors")
    show_actors(self, root, to);
  else if (target == repositories)
    show_repositories(self, root, to);
  else if (target.starts_with(repositories)
           && target.size() == repositories.size() + 1 + 16)
    show_repository(self, root,
                    std::string{target.substr(repositories.size() + 1)}, to);
  else
    refuse(to, 404, "no such page");
}

} // namespace

inspector_actor::behavior_type inspector(self_pointer self, root_actor root) {
  return {
      [=](http_atom, const exchange_ptr& exchange) {
        route(self, root, exchange);
      },
  };
}

} // namespace holystone::actors
