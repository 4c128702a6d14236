#include "stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

/// A Secret of the tenant's that looks like the copy of app/kopia.
void add_forgery(simulated_world& world, const std::string& name,
                 const std::string& hash) {
  auto source = world.call("GET", "/api/v1/namespaces/app/secrets/kopia");
  world.install(fmt::format(R"(
apiVersion: v1
kind: Secret
metadata:
  name: {0}
  namespace: evil
  labels:
    volsync.backube/holystone-copy: "true"
    volsync.backube/repository-hash: "{1}"
    volsync.backube/source-namespace: app
  annotations:
    volsync.backube/source-namespace: app
    volsync.backube/source-secret: kopia
    volsync.backube/source-uid: "{2}"
    volsync.backube/source-version: "{3}"
)",
                            name, hash, text_at(source, "metadata", "uid"),
                            text_at(source, "metadata", "resourceVersion")));
}

/// The Secret that the pods of the one CronJob mount.
std::string mounted(simulated_world& world) {
  auto cron_jobs = world.call("GET", home + "cronjobs");
  const auto& volumes
      = items_at(items_at(cron_jobs, "items").at(0), "spec", "jobTemplate",
                 "spec", "template", "spec", "volumes");
  for (const auto& volume : volumes)
    if (auto name = text_at(volume, "secret", "secretName"); !name.empty())
      return name;
  return {};
}

} // namespace

TEST_CASE("a tenant's Secret with the labels of a copy is none") {
  simulated_world world;
  world.install("apiVersion: v1\nkind: Namespace\nmetadata: {name: evil}\n");
  add_source(world, "app", "one");
  std::string hash;
  {
    stage s{world};
    s.pass(20s);
    hash = s.registry().repositories.all().rbegin()->first.open();
  }
  add_forgery(world, "trap", hash);
  add_forgery(world, "other", "0123456789abcdef");
  // The forgeries are listed before the copy.
  stage s{world};
  s.pass(40s);
  CHECK(mounted(world) == "maintenance-app-kopia");
  CHECK(s.registry().repositories.all().count(std::string{"0123456789abcdef"})
        == 0);
  stage::crash(
      caf::actor_cast<caf::actor>(s.registry().repositories.actor_of(hash)));
  s.pass(10s);
  CHECK(mounted(world) == "maintenance-app-kopia");
  world.call("DELETE", "/api/v1/namespaces/app/secrets/kopia");
  s.pass(10s);
  CHECK(*s.registry().repositories.place_of(
            {claim_kind::replication_source, {"app", "data"}})
        == hash);
  world.call("DELETE", "/apis/volsync.backube/v1alpha1/namespaces/app/"
                       "replicationsources/data");
  s.pass(40s);
  CHECK(names_of(world.call("GET", "/api/v1/namespaces/evil/secrets"))
        == std::vector<std::string>{"other", "trap"});
}
