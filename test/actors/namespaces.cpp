#include "volume_stage.hpp"

#include "actors/projections.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

/// What the operator asked for outside of the namespaces that it has roles in.
struct narrow_roles {
  explicit narrow_roles(simulated_world& world) {
    world.decide = [this](const request& what) {
      if (what.ns == "volsync-system" || what.ns == "app" || what.ns == "web")
        return fate::done;
      auto asked = std::string{what.kind.plural};
      if (!what.ns.empty())
        asked += " in " + what.ns;
      refused.insert(asked);
      return fate::forbidden;
    };
  }

  std::set<std::string> refused;
};

void serve_app_and_web(root_setup& setup) {
  setup.namespaces = {"app", "web"};
}

std::set<std::string> namespaces_of(watched_kind kind,
                                    const namespace_set& served) {
  std::set<std::string> all;
  for (const auto& place : watched_places("home", served))
    if (place.kind == kind)
      all.insert(to_reflected(place, "home").ns);
  return all;
}

} // namespace

TEST_CASE(
    "with --namespaces claims elsewhere are not served, and nothing is asked "
    "for where no role reaches") {
  simulated_world world;
  add_source(world, "app", "one");
  world.now += 2s;
  add_source(world, "web", "one", "0 3 * * *");
  add_source(world, "other", "two");
  narrow_roles roles{world};
  stage s{world, serve_app_and_web};
  s.pass(20s);
  auto made = cron_jobs(world);
  REQUIRE(items_at(made, "items").size() == 1);
  CHECK(text_at(items_at(made, "items")[0], "metadata", "annotations",
                names::winner)
        == "ReplicationSource app/data");
  CHECK(condition_of(world, "app").starts_with("Scheduled"));
  CHECK(condition_of(world, "other").empty());
  // Other installs are looked for where that is allowed.
  CHECK(roles.refused == std::set<std::string>{"leases"});
}

TEST_CASE(
    "with --namespaces a volume is known by its claim, and maintained where "
    "that is") {
  simulated_world world;
  add_volume(world, "pv", "csi: {driver: ebs.csi.aws.com, volumeHandle: one}");
  add_disk_source(world, "app", on_claim);
  add_claim(world, "app", "pv");
  bind(world, "app");
  narrow_roles roles{world};
  stage s{world, serve_app_and_web};
  s.pass(20s);
  auto made = cron_jobs(world);
  REQUIRE(items_at(made, "items").size() == 1);
  const auto& one = items_at(made, "items")[0];
  CHECK(text_at(one, "metadata", "namespace") == "app");
  auto claim = world.call("GET", claims_of("app") + "/disk");
  CHECK(location_of(one).find(text_at(claim, "metadata", "uid"))
        != std::string::npos);
  run_by_hand(world, "app", "run");
  s.pass(2min);
  CHECK(state_of(world, "app", "run") == job_state::complete);
  CHECK(roles.refused == std::set<std::string>{"leases", "persistentvolumes"});
}

TEST_CASE(
    "with --namespaces a repository that falls is rebuilt from all of them") {
  simulated_world world;
  add_source(world, "app", "one");
  narrow_roles roles{world};
  stage s{world, serve_app_and_web};
  s.pass(20s);
  auto before = picture(world);
  world.writes.clear();
  for (const auto& [hash, entry] : s.registry().repositories.all())
    if (hash.open() != lobby)
      stage::crash(caf::actor_cast<caf::actor>(entry.actor));
  s.pass(10s);
  CHECK(picture(world) == before);
  CHECK(distinct(world.writes) == only_the_lease);
  CHECK(roles.refused == std::set<std::string>{"leases"});
}

TEST_CASE("what is watched where") {
  using names = std::set<std::string>;
  const names everywhere{""};
  CHECK(namespaces_of(watched_kind::replication_sources, {}) == everywhere);
  CHECK(namespaces_of(watched_kind::secrets, {}) == everywhere);
  CHECK(namespaces_of(watched_kind::jobs, {}) == names{"home"});
  CHECK(namespaces_of(watched_kind::jobs_beside, {}) == everywhere);
  const namespace_set served{"app", "web"};
  CHECK(namespaces_of(watched_kind::replication_sources, served) == served);
  CHECK(namespaces_of(watched_kind::config_maps, served) == served);
  CHECK(namespaces_of(watched_kind::secrets, served)
        == names{"app", "home", "web"});
  CHECK(namespaces_of(watched_kind::jobs, served) == names{"home"});
  CHECK(namespaces_of(watched_kind::jobs_beside, served) == served);
  CHECK(namespaces_of(watched_kind::pods_of_fork, {"app", "home"})
        == names{"app"});
  CHECK(namespaces_of(watched_kind::secrets, {"app", "home"})
        == names{"app", "home"});
  // At home another watch tells all, and two would tell out of order.
  CHECK(to_reflected({watched_kind::jobs_beside, ""}, "home").field_selector
        == "metadata.namespace!=home");
  CHECK(to_reflected({watched_kind::jobs_beside, "app"}, "home")
            .field_selector.empty());
}
