#include "inspection.hpp"
#include "maintenance_stage.hpp"

#include <catch2/catch.hpp>

// The fork of VolSync beside us: its Lease is watched, and what follows from it
// is told.

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const std::string leases
    = "/apis/coordination.k8s.io/v1/namespaces/volsync-system/leases";

void install_fork(simulated_world& world, const std::string& name) {
  world.install(fmt::format(R"(
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {{name: {}, namespace: volsync-system}}
spec:
  holderIdentity: volsync-7d9f_1
  leaseDurationSeconds: 137
  acquireTime: "2026-11-21T10:00:00.000000Z"
  renewTime: "2026-11-21T11:59:50.000000Z"
  leaseTransitions: 4
)",
                            name));
}

void patch_fork(simulated_world& world, const std::string& spec) {
  world.call("PATCH", leases + "/b95b3104.backube", R"({"spec":)" + spec + "}",
             "application/merge-patch+json");
}

void renew(simulated_world& world) {
  patch_fork(world, R"({"renewTime":")" + to_rfc3339(world.now) + R"("})");
}

/// What readiness says of it; the operator is ready all the while.
std::string notices(stage& s) {
  auto told = ask(s, "/readyz");
  CHECK(told->status == 200);
  auto shown = boost::json::parse(told->body);
  CHECK(*find(shown, "notices")
        == *find(boost::json::parse(ask(s, "/v1/actors")->body), "notices"));
  return boost::json::serialize(*find(shown, "notices"));
}

/// A source and a KopiaMaintenance of one repository.
void add_both(simulated_world& world) {
  add_source(world, "app", "one");
  add_maintenance(world, "app", "daily");
}

/// What the source of a namespace is told.
std::string told_source(simulated_world& world, const std::string& ns) {
  auto source = world.call("GET", group + ns + "/replicationsources/data");
  for (const auto& one : items_at(source, "status", "conditions"))
    return text_at(one, "reason") + ": " + text_at(one, "message");
  return {};
}

/// What we wrote about a KopiaMaintenance.
bool was_touched(simulated_world& world) {
  return find(maintenance(world, "app", "daily"), "status") != nullptr
         || !cron_jobs_of(world, "app").empty();
}

} // namespace

TEST_CASE("while the fork renews its Lease KopiaMaintenances are left to it, "
          "and embedded claims of other repositories are served") {
  simulated_world world;
  install_fork(world, "b95b3104.backube");
  add_both(world);
  add_source(world, "web", "two");
  stage s{world};
  s.pass(20s);
  // Who wins is not known before it is known whether the fork leads.
  CHECK(distinct(world.writes)
        == std::set<std::string>{"create leases", "merge_patch leases"});
  renew(world);
  s.pass(20s);
  CHECK(cron_jobs_of(world, "volsync-system").size() == 1);
  CHECK_THAT(told_source(world, "web"), Catch::StartsWith("Scheduled: "));
  CHECK_FALSE(was_touched(world));
  patch_fork(world, R"({"holderIdentity":""})");
  s.pass(20s);
  CHECK(cron_jobs_of(world, "app").size() == 1);
  CHECK_THAT(conditions_of(world, "app", "daily"),
             Catch::StartsWith("Ready=True MaintenanceActive"));
  // The fork comes back: what is ours goes, or it would adopt a CronJob whose
  // Jobs wait for ever (A-18).
  patch_fork(world, R"({"holderIdentity":"volsync-7d9f_2"})");
  s.pass(20s);
  CHECK(cron_jobs_of(world, "app").empty());
  CHECK(cron_jobs_of(world, "volsync-system").size() == 1);
  world.writes.clear();
  s.pass(60s);
  CHECK(distinct(world.writes) == only_the_lease);
}

TEST_CASE("a source waits while the fork, whose Jobs heed no lock, maintains "
          "its repository") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  REQUIRE(cron_jobs_of(world, "volsync-system").size() == 1);
  install_fork(world, "b95b3104.backube");
  renew(world);
  s.pass(20s);
  REQUIRE(cron_jobs_of(world, "volsync-system").size() == 1);
  add_maintenance(world, "app", "daily");
  s.pass(20s);
  CHECK(cron_jobs_of(world, "volsync-system").empty());
  CHECK_FALSE(was_touched(world));
  CHECK_THAT(told_source(world, "app"),
             Catch::StartsWith("Waiting: KopiaMaintenance app/daily names the "
                               "same repository, and the VolSync fork"));
  SECTION("until the fork is gone; the KopiaMaintenance wins then") {
    patch_fork(world, R"({"holderIdentity":""})");
    s.pass(20s);
    CHECK(cron_jobs_of(world, "app").size() == 1);
    CHECK_THAT(told_source(world, "app"), Catch::StartsWith("Maintained: "));
  }
  SECTION("until the KopiaMaintenance is gone") {
    world.call("DELETE", group + "app/kopiamaintenances/daily");
    s.pass(20s);
    CHECK(cron_jobs_of(world, "volsync-system").size() == 1);
    CHECK_THAT(told_source(world, "app"), Catch::StartsWith("Scheduled: "));
  }
  SECTION("also after a restart") {
    s.kill("registry");
    s.pass(5s);
    renew(world);
    s.pass(60s);
    CHECK(cron_jobs_of(world, "volsync-system").empty());
    CHECK_FALSE(was_touched(world));
  }
  world.writes.clear();
  s.pass(60s);
  CHECK(distinct(world.writes) == only_the_lease);
}

TEST_CASE("a restart beside the Lease of a fork that is dead changes nothing") {
  simulated_world world;
  add_both(world);
  {
    stage s{world};
    s.pass(20s);
    REQUIRE(cron_jobs_of(world, "app").size() == 1);
  }
  install_fork(world, "b95b3104.backube");
  world.now += 30s;
  world.writes.clear();
  stage s{world};
  s.pass(5min);
  CHECK(distinct(world.writes) == only_the_lease);
  CHECK(s.registry().picture.is_open());
  CHECK(cron_jobs_of(world, "app").size() == 1);
}

TEST_CASE("who has no KopiaMaintenance does not wait for what the fork does") {
  simulated_world world;
  install_fork(world, "b95b3104.backube");
  add_source(world, "app", "one");
  stage s{world};
  s.pass(10s);
  CHECK(cron_jobs_of(world, "volsync-system").size() == 1);
}

TEST_CASE("people are told of the fork for as long as it renews its Lease") {
  simulated_world world;
  install_fork(world, "b95b3104.backube");
  stage s{world};
  s.pass(10s);
  CHECK(notices(s).find("volsync-7d9f_1 may still renew Lease "
                        "volsync-system/b95b3104.backube")
        != std::string::npos);
  for (auto n = 0; n < 4; ++n) {
    renew(world);
    s.pass(107s);
    CHECK(notices(s).find("volsync-7d9f_1 renews Lease") != std::string::npos);
    CHECK(s.registry().fork.leaves());
  }
  s.pass(28s);
  CHECK(s.registry().fork.leaves());
  s.pass(4s);
  CHECK_FALSE(s.registry().fork.leaves());
  CHECK(notices(s) == "[]");
}

TEST_CASE("a fork that gives its Lease back, or takes it along, is gone at "
          "once") {
  simulated_world world;
  install_fork(world, "b95b3104.backube");
  stage s{world};
  s.pass(10s);
  renew(world);
  s.pass(1s);
  REQUIRE(s.registry().fork.leaves());
  patch_fork(world, R"({"holderIdentity":"","leaseDurationSeconds":1})");
  s.pass(1s);
  CHECK_FALSE(s.registry().fork.leaves());
  patch_fork(world, R"({"holderIdentity":"volsync-7d9f_2",)"
                    R"("leaseDurationSeconds":137})");
  s.pass(1s);
  CHECK(s.registry().fork.leaves());
  world.call("DELETE", leases + "/b95b3104.backube");
  s.pass(1s);
  CHECK_FALSE(s.registry().fork.leaves());
}

TEST_CASE("another's Lease of any name is no sign of the fork") {
  simulated_world world;
  install_fork(world, "b95b3104.other");
  stage s{world};
  s.pass(10s);
  CHECK(notices(s) == "[]");
  CHECK_FALSE(s.registry().fork.leaves());
}

TEST_CASE(
    "who stands by takes a fork that is long gone for gone, as the leader "
    "does") {
  simulated_world world;
  install_fork(world, "b95b3104.backube");
  add_both(world);
  stage leader{world};
  leader.pass(3min);
  REQUIRE(cron_jobs_of(world, "app").size() == 1);
  stage bystander{world, [](root_setup& setup) {
                    setup.stands_by = true;
                  }};
  bystander.settle();
  for (const auto* path : {"/v1/why/kopiamaintenance/app/daily",
                           "/v1/why/replicationsource/app/data"}) {
    auto told = ask(bystander, path);
    CHECK(told->status == 200);
    CHECK(told->body == ask(leader, path)->body);
  }
}
