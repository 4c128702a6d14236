#include "inspection.hpp"
#include "maintenance_stage.hpp"

#include <catch2/catch.hpp>

// Other installs in the cluster (A-11): the operator's own kind and the fork,
// in other namespaces.

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

std::string lease_at(const std::string& ns, const std::string& name) {
  return "/apis/coordination.k8s.io/v1/namespaces/" + ns + "/leases/" + name;
}

void install_lease(simulated_world& world, const std::string& ns,
                   const std::string& name, int term) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: Namespace
metadata: {{name: {0}}}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {{name: {1}, namespace: {0}}}
spec:
  holderIdentity: volsync-7d9f_1
  leaseDurationSeconds: {2}
  renewTime: "2026-11-21T11:59:50.000000Z"
)",
                            ns, name, term));
}

/// Lets time pass while the Lease is renewed as often as this.
void renew(stage& s, const std::string& lease, seconds often, seconds time) {
  for (auto left = time; left > 0s; left -= often) {
    s.world.call("PATCH", lease,
                 R"({"spec":{"renewTime":")" + to_rfc3339(s.world.now)
                     + R"("}})",
                 "application/merge-patch+json");
    s.pass(often);
  }
}

std::string notices(stage& s) {
  auto told = ask(s, "/readyz");
  CHECK(told->status == 200);
  auto shown = boost::json::parse(told->body);
  return boost::json::serialize(*find(shown, "notices"));
}

/// The fork's or upstream's pod, as its chart starts it.
void install_pod(simulated_world& world, const std::string& ns,
                 const std::string& args) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: ServiceAccount
metadata: {{name: default, namespace: {0}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: volsync-7d9f, namespace: {0}}}
spec:
  containers:
  - {{name: manager, image: "volsync:1", args: [{1}]}}
)",
                            ns, args));
}

/// How many lists of Leases there were in this time.
std::size_t lists(stage& s, seconds time) {
  std::size_t all = 0;
  s.world.decide = [&](const request& what) {
    all += what.what == verb::list && what.kind == resources::leases ? 1 : 0;
    return fate::done;
  };
  s.pass(time);
  s.world.decide = {};
  return all;
}

} // namespace

TEST_CASE("A-11: an operator that is alone looks for others once") {
  simulated_world world;
  stage s{world};
  // The watch of our own namespace lists them, too.
  CHECK(lists(s, 20s) == 4);
  CHECK(lists(s, 10min) == 0);
  CHECK(notices(s) == "[]");
}

TEST_CASE("A-11: people are told of another operator for as long as it leads") {
  simulated_world world;
  install_lease(world, "two", "holystone-leader", 15);
  stage s{world};
  s.pass(5s);
  CHECK(notices(s) == "[]");
  renew(s, lease_at("two", "holystone-leader"), 2s, 20s);
  CHECK_THAT(notices(s), Contains("another holystone leads in namespace two"));
  world.call("DELETE", lease_at("two", "holystone-leader"));
  s.pass(200s);
  CHECK(notices(s) == "[]");
  CHECK(lists(s, 10min) == 0);
}

TEST_CASE("A-11: who may not list Leases elsewhere works all the same") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily");
  install_lease(world, "two", "holystone-leader", 15);
  world.decide = [](const request& what) {
    return what.kind == resources::leases && what.what == verb::list
                   && what.ns.empty()
               ? fate::forbidden
               : fate::done;
  };
  stage s{world};
  s.pass(30s);
  CHECK(cron_jobs_of(world, "app").size() == 1);
  CHECK(notices(s) == "[]");
}

TEST_CASE("KopiaMaintenances are left to a fork in another namespace") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily");
  install_lease(world, "fork", "b95b3104.backube", 137);
  auto is_by_argument = GENERATE(true, false);
  if (is_by_argument)
    install_pod(world, "fork",
                "--restic-container-image=r:1, --kopia-container-image=k:1");
  stage s{world};
  renew(s, lease_at("fork", "b95b3104.backube"), 26s, 4min);
  CHECK(cron_jobs_of(world, "app").empty());
  CHECK_THAT(notices(s), Contains("volsync-7d9f_1 renews Lease "
                                  "fork/b95b3104.backube"));
  s.pass(200s);
  CHECK(cron_jobs_of(world, "app").size() == 1);
  CHECK(notices(s) == "[]");
}

TEST_CASE("upstream VolSync in another namespace has no KopiaMaintenances") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily");
  install_lease(world, "upstream", "b95b3104.backube", 137);
  install_pod(world, "upstream", "--restic-container-image=r:1");
  stage s{world};
  renew(s, lease_at("upstream", "b95b3104.backube"), 26s, 1min);
  CHECK(cron_jobs_of(world, "app").size() == 1);
  CHECK(notices(s) == "[]");
}

TEST_CASE("whose pod could not be looked at is looked at again") {
  simulated_world world;
  add_repository(world, "app", "one");
  add_maintenance(world, "app", "daily");
  install_lease(world, "upstream", "b95b3104.backube", 137);
  install_pod(world, "upstream", "--restic-container-image=r:1");
  auto lost = 0;
  world.decide = [&](const request& what) {
    auto is_look = what.kind == resources::pods && what.what == verb::get
                   && what.ns == "upstream";
    return is_look && lost++ == 0 ? fate::reply_lost : fate::done;
  };
  stage s{world};
  renew(s, lease_at("upstream", "b95b3104.backube"), 26s, 1min);
  CHECK(lost == 2);
  CHECK(cron_jobs_of(world, "app").size() == 1);
  CHECK(notices(s) == "[]");
}
