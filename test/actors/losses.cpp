#include "stage.hpp"

#include "actors/job_runner.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

const std::string leases
    = "/apis/coordination.k8s.io/v1/namespaces/volsync-system/leases/";

/// Not all labels: a Job without any is given those of its template.
void remove_labels(simulated_world& world, const std::string& object) {
  world.call("PATCH", object, R"({"metadata":{"labels":{
               "volsync.backube/kopia-maintenance":null,
               "volsync.backube/repository-hash":null,
               "volsync.backube/location-hash":null}}})",
             "application/merge-patch+json");
}

std::string only_hash(stage& s) {
  return s.registry().repositories.all().rbegin()->first.open();
}

/// A job runner without an operator around it.
struct lone_runner {
  explicit lone_runner(simulated_world& world)
      : client(system.spawn(simulated_client, &world)),
        runner(system.spawn(job_runner,
                            job_runner_setup{client, "volsync-system", {}, [&] {
                                               return world.now;
                                             }})) {
  }

  ~lone_runner() {
    caf::anon_send_exit(runner, caf::exit_reason::kill);
    caf::anon_send_exit(client, caf::exit_reason::kill);
    sched().run();
  }

  caf::scheduler::test_coordinator& sched() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }

  /// Has it do one thing in a repository of which it is told nothing.
  outcome_ptr ask(repository_action what) {
    job_order order;
    order.location = {"0123456789abcdef"};
    order.what = std::move(what);
    outcome_ptr told;
    caf::scoped_actor self{system};
    auto wait = self->request(
        runner, caf::infinite, run_atom::value,
        job_order_ptr{std::make_shared<const job_order>(std::move(order))});
    sched().run();
    wait.receive([&](const outcome_ptr& end) { told = end; },
                 [](const caf::error&) {});
    return told;
  }

  test_config config;
  caf::actor_system system{config};
  api_client client;
  job_runner_actor runner;
};

} // namespace

TEST_CASE("what was made and deleted while no watch told of it is missed") {
  simulated_world world;
  stage s{world};
  s.pass(20s);
  world.unheard = "cronjobs";
  add_source(world, "app", "one");
  s.pass(20s);
  auto made = names_of(world.call("GET", home + "cronjobs"));
  REQUIRE(made.size() == 1);
  world.call("DELETE", home + "cronjobs/" + made[0]);
  s.pass(10s);
  world.unheard = {};
  s.pass(2min);
  CHECK(names_of(world.call("GET", home + "cronjobs")) == made);
}

TEST_CASE("what no watch tells of after a long time is made once") {
  simulated_world world;
  stage s{world};
  s.pass(20s);
  world.unheard = "cronjobs";
  add_source(world, "app", "one");
  s.pass(1h);
  CHECK(std::ranges::count(world.writes, "apply cronjobs") == 1);
}

TEST_CASE("a Lease that lost its labels still holds the lock") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  auto hash = only_hash(s);
  create_job(world, "first");
  create_job(world, "second");
  s.pass(8s);
  REQUIRE(read_lease(world.call("GET", leases + lease_name(hash))).holder);
  remove_labels(world, leases + lease_name(hash));
  world.writes.clear();
  s.pass(5min);
  CHECK(completed(world) == 2);
  CHECK(std::ranges::count(world.writes, "create leases") == 0);
  // Its next write has put them back.
  CHECK(text_at(world.call("GET", leases + lease_name(hash)), "metadata",
                "labels", names::location_hash)
        == hash);
}

TEST_CASE("a CronJob's Job that lost its labels is made anew with them") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  create_job(world, "first");
  create_job(world, "second");
  s.pass(8s);
  remove_labels(world, home + "jobs/second");
  s.pass(5min);
  CHECK(completed(world) == 2);
  auto jobs = world.call("GET", home + "jobs");
  for (const auto& job : items_at(jobs, "items"))
    CHECK(text_at(job, "metadata", "labels", names::repository_hash)
          == only_hash(s));
}

TEST_CASE("a running Job that lost its labels goes on") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  create_job(world, "run");
  s.pass(8s);
  remove_labels(world, home + "jobs/run");
  s.pass(3min);
  CHECK(completed(world) == 1);
  CHECK(world.runs_of(only_hash(s)) == 1);
  auto lease = world.call("GET", leases + lease_name(only_hash(s)));
  CHECK_FALSE(read_lease(lease).holder);
}

TEST_CASE("A-8: a Lease that is there unbeknown to us is read") {
  simulated_world world;
  lone_runner runner{world};
  acquire_lease take;
  take.job.uid = {"job"};
  auto first = runner.ask(take);
  REQUIRE(first);
  CHECK(first->done);
  auto second = runner.ask(take);
  REQUIRE(second);
  CHECK_FALSE(second->done);
  REQUIRE(second->seen.size() == 1);
  CHECK(std::get<lease_seen>(std::get<fact>(second->seen[0])).fact.holder
        == object_uid{"job"});
}

TEST_CASE("a Job that has changed unbeknown to us is read") {
  simulated_world world;
  add_source(world, "app", "one");
  {
    stage s{world};
    s.pass(20s);
  }
  create_job(world, "run");
  auto job = read_job(world.call("GET", home + "jobs/run"));
  auto newest = job.version;
  job.version = {"1"};
  lone_runner runner{world};
  auto told = runner.ask(resume_job{job});
  REQUIRE(told);
  CHECK_FALSE(told->done);
  REQUIRE(told->seen.size() == 1);
  CHECK(std::get<job_seen>(std::get<fact>(told->seen[0])).fact.version
        == newest);
  // With what was read it is done.
  job.version = newest;
  CHECK(runner.ask(resume_job{job})->done);
}

TEST_CASE("a copy that lost its labels or its annotations gets them back") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  const std::string copies = "/api/v1/namespaces/volsync-system/secrets";
  auto before = world.call("GET", copies + "/maintenance-app-kopia");
  for (std::string part : {"labels", "annotations"}) {
    world.call("PATCH", copies + "/maintenance-app-kopia",
               R"({"metadata":{")" + part + R"(":null}})",
               "application/merge-patch+json");
    s.pass(20s);
    auto all = world.call("GET", copies);
    REQUIRE(items_at(all, "items").size() == 1);
    const auto& copy = items_at(all, "items").at(0);
    CHECK(text_at(copy, "metadata", "uid")
          == text_at(before, "metadata", "uid"));
    CHECK(*find(copy, "metadata", "labels")
          == *find(before, "metadata", "labels"));
    CHECK(*find(copy, "metadata", "annotations")
          == *find(before, "metadata", "annotations"));
  }
}

TEST_CASE("a stranger's Secret under both names of a copy is left alone") {
  simulated_world world;
  const std::string copies = "/api/v1/namespaces/volsync-system/secrets";
  for (auto name :
       {"maintenance-app-kopia", "maintenance-app-kopia-1a6c604963cc4c14"})
    world.install(fmt::format("apiVersion: v1\nkind: Secret\nmetadata: {{name: "
                              "{}, namespace: volsync-system}}\n",
                              name));
  auto before = world.call("GET", copies);
  add_source(world, "app", "one");
  stage s{world};
  s.pass(5min);
  auto after = world.call("GET", copies);
  CHECK(*find(after, "items") == *find(before, "items"));
  // Looked at once a minute or less often.
  CHECK(std::ranges::count(world.writes, "create secrets") <= 12);
}

TEST_CASE("the loss of a Secret wakes no repository that has nothing of it") {
  auto wakes = [](const std::vector<std::string>& namespaces) {
    simulated_world world;
    for (const auto& ns : namespaces)
      add_source(world, ns, ns);
    world.install("apiVersion: v1\nkind: Secret\n"
                  "metadata: {name: idle, namespace: app}\n");
    stage s{world};
    s.pass(30s);
    world.call("DELETE", "/api/v1/namespaces/app/secrets/idle");
    world.tell();
    return s.sched().run();
  };
  auto of_one = wakes({"app"});
  CHECK(of_one > 0);
  CHECK(wakes({"app", "web", "other", "more"}) == of_one);
}
