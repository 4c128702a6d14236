#include "actors/root.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "simulated_client.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

using namespace holystone;
using namespace holystone::actors;
using namespace std::chrono_literals;

namespace {

struct test_config : caf::actor_system_config {
  test_config() {
    set("scheduler.policy", caf::atom("testing"));
  }
};

/// The whole operator on a simulated cluster and a clock of the test's.
struct stage {
  explicit stage(simulated_world& on) : world(on) {
    start();
  }

  ~stage() {
    caf::anon_send_exit(top, caf::exit_reason::kill);
    sched().run();
  }

  caf::scheduler::test_coordinator& sched() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }

  void start() {
    root_setup setup;
    setup.make_client = [this](caf::actor_system& in) -> api_client {
      return in.spawn(simulated_client, &world);
    };
    setup.operator_namespace = "volsync-system";
    setup.identity = "me";
    setup.now = [this] {
      return world.now;
    };
    auto& common = setup.registry.common;
    common.mover.image = "localhost/holystone:test";
    common.reporter = "me";
    common.policy.operator_namespace = "volsync-system";
    common.policy.limits = common.mover.limits;
    common.policy.digests
        = [mover = common.mover](const cron_job_intent& wanted) {
            return digests(wanted, mover);
          };
    top = system.spawn(root, std::move(setup));
  }

  /// Lets time pass second by second.
  void pass(seconds time) {
    for (auto until = world.now + time; world.now < until;) {
      settle();
      world.now += 1s;
      sched().advance_time(1s);
    }
    settle();
  }

  void settle() {
    for (int i = 0; i < 20; ++i) {
      sched().run();
      world.run();
      world.tell();
      if (!sched().has_job())
        return;
    }
  }

  /// The supervised actors under their roles.
  root_state& inside() {
    using pointer = root_actor::stateful_pointer<root_state>;
    return dynamic_cast<std::remove_pointer_t<pointer>&>(
               *caf::actor_cast<caf::abstract_actor*>(top))
        .state;
  }

  registry_state& registry() {
    using pointer = registry_actor::stateful_pointer<registry_state>;
    return dynamic_cast<std::remove_pointer_t<pointer>&>(
               *caf::actor_cast<caf::abstract_actor*>(inside().registry))
        .state;
  }

  void kill(const std::string& role) {
    auto victim = role == "inspector"
                      ? caf::actor_cast<caf::actor>(inside().inspector)
                      : inside().core.at(role).handle;
    if (victim)
      crash(victim);
  }

  /// Ends an actor as an exception in one of its handlers does.
  static void crash(const caf::actor& victim) {
    caf::anon_send(victim, caf::exit_msg{victim.address(),
                                         caf::sec::runtime_error});
  }

  simulated_world& world;
  test_config config;
  caf::actor_system system{config};
  root_actor top;
};

/// A source with its Secret; `bucket` is the repository.
void add_source(simulated_world& world, const std::string& ns,
                const std::string& bucket,
                const std::string& schedule = "0 2 * * *") {
  world.install(fmt::format(R"(
apiVersion: v1
kind: Namespace
metadata: {{name: {0}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: kopia, namespace: {0}}}
stringData:
  KOPIA_REPOSITORY: s3://{1}
  KOPIA_PASSWORD: secret
  AWS_ACCESS_KEY_ID: id
  AWS_SECRET_ACCESS_KEY: key
  AWS_S3_ENDPOINT: http://minio.example:9000
---
apiVersion: volsync.backube/v1alpha1
kind: ReplicationSource
metadata: {{name: data, namespace: {0}}}
spec:
  sourcePVC: data
  trigger: {{manual: once}}
  kopia:
    repository: kopia
    maintenanceCronJob: {{enabled: true, schedule: "{2}"}}
)",
                            ns, bucket, schedule));
}

const std::string home = "/apis/batch/v1/namespaces/volsync-system/";

std::vector<std::string> names_of(const boost::json::value& list) {
  std::vector<std::string> found;
  for (const auto& item : items_at(list, "items"))
    found.push_back(text_at(item, "metadata", "name"));
  return found;
}

/// What a finished operator leaves: CronJobs, copies, conditions.
std::string picture(simulated_world& world) {
  std::string text;
  auto cron_jobs = world.call("GET", home + "cronjobs");
  for (const auto& item : items_at(cron_jobs, "items"))
    text += text_at(item, "metadata", "name") + " "
            + text_at(item, "spec", "schedule") + " "
            + text_at(item, "metadata", "annotations", names::winner) + " "
            + text_at(item, "metadata", "annotations", names::schedule_conflict)
            + "\n";
  auto secrets = world.call("GET", "/api/v1/namespaces/volsync-system/secrets");
  for (const auto& name : names_of(secrets))
    text += name + "\n";
  auto sources = world.call("GET", "/apis/volsync.backube/v1alpha1/"
                                   "replicationsources");
  for (const auto& item : items_at(sources, "items"))
    for (const auto& condition : items_at(item, "status", "conditions"))
      text += text_at(item, "metadata", "namespace") + " "
              + text_at(condition, "type") + " " + text_at(condition, "status")
              + " " + text_at(condition, "reason") + "\n";
  return text;
}

/// Three claims on two repositories.
void add_claims(simulated_world& world) {
  add_source(world, "app", "one");
  world.now += 2s;
  add_source(world, "web", "one", "0 3 * * *");
  add_source(world, "other", "two");
}

std::string usual_picture() {
  static const auto seen = [] {
    simulated_world world;
    add_claims(world);
    stage s{world};
    s.pass(20s);
    return picture(world);
  }();
  return seen;
}

/// `kubectl create job --from=cronjob/...`.
void create_job(simulated_world& world, const std::string& name) {
  auto cron_jobs = world.call("GET", home + "cronjobs");
  const auto& from = items_at(cron_jobs, "items").at(0);
  auto job = find(from, "spec", "jobTemplate")->as_object();
  job["apiVersion"] = "batch/v1";
  job["kind"] = "Job";
  job["metadata"].as_object()["name"] = name;
  job["metadata"].as_object()["ownerReferences"] = boost::json::array{
      boost::json::object{{"apiVersion", "batch/v1"},
                          {"kind", "CronJob"},
                          {"name", text_at(from, "metadata", "name")},
                          {"uid", text_at(from, "metadata", "uid")}}};
  world.call("POST", home + "jobs", boost::json::serialize(job));
}

/// How many Jobs are complete.
std::size_t completed(simulated_world& world) {
  auto jobs = world.call("GET", home + "jobs");
  std::size_t done = 0;
  for (const auto& item : items_at(jobs, "items"))
    done += read_job(item).state == job_state::complete ? 1 : 0;
  return done;
}

std::set<std::string> distinct(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

const std::vector<std::string> roles{"api-client",
                                     "secret-mirror",
                                     "job-runner",
                                     "registry",
                                     "watcher/ReplicationSource",
                                     "watcher/Secret",
                                     "watcher/CronJob",
                                     "watcher/Job",
                                     "watcher/Pod",
                                     "watcher/Lease",
                                     "watcher/ServiceAccount",
                                     "elector",
                                     "inspector"};

} // namespace

TEST_CASE("claims become CronJobs, copies and conditions") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  auto cron_jobs = world.call("GET", home + "cronjobs");
  REQUIRE(items_at(cron_jobs, "items").size() == 2);
  CHECK_THAT(picture(world),
             Catch::Contains("ReplicationSource app/data Schedule '0 3 * * *' "
                             "requested by ReplicationSource web/data")
                 && Catch::Contains("maintenance-app-kopia")
                 && Catch::Contains("maintenance-web-kopia")
                 && Catch::Contains("maintenance-other-kopia")
                 && Catch::Contains("app MaintenanceReady True Scheduled")
                 && Catch::Contains("web MaintenanceReady True Conflict")
                 && Catch::Contains("other MaintenanceReady True Scheduled"));
}

TEST_CASE("at rest nothing is written but the operator's Lease") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  world.writes.clear();
  s.pass(10min);
  CHECK(distinct(world.writes) == std::set<std::string>{"merge_patch leases"});
}

TEST_CASE("a restart on an unchanged cluster writes nothing but its Lease") {
  simulated_world world;
  add_claims(world);
  {
    stage s{world};
    s.pass(20s);
  }
  world.now += 30s;
  world.writes.clear();
  stage s{world};
  s.pass(60s);
  CHECK(distinct(world.writes) == std::set<std::string>{"merge_patch leases"});
}

TEST_CASE("two Jobs at once run one after the other and are both complete") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(10s);
  create_job(world, "first");
  create_job(world, "second");
  s.pass(3min);
  CHECK(completed(world) == 2);
}

TEST_CASE("deleting every source leaves no CronJob, copy or Lease behind") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  create_job(world, "run");
  s.pass(90s);
  CHECK(completed(world) == 1);
  for (auto ns : {"app", "web", "other"})
    world.call("DELETE", fmt::format("/apis/volsync.backube/v1alpha1/"
                                     "namespaces/{}/replicationsources/data",
                                     ns));
  s.pass(60s);
  CHECK(names_of(world.call("GET", home + "cronjobs")).empty());
  CHECK(names_of(world.call("GET", home + "jobs")).empty());
  CHECK(names_of(world.call("GET", "/api/v1/namespaces/volsync-system/secrets"))
            .empty());
  // The operator's own stays.
  CHECK(names_of(world.call("GET", "/apis/coordination.k8s.io/v1/namespaces/"
                                   "volsync-system/leases"))
            .size()
        == 1);
  CHECK(s.registry().repositories.size() <= 1);
}

TEST_CASE("whichever answer is lost, before or after the write, the end is "
          "the same") {
  for (auto what : {fate::not_sent, fate::reply_lost})
    for (unsigned k = 1; k <= 24; ++k) {
      simulated_world world;
      add_claims(world);
      unsigned calls = 0;
      world.decide = [&](const request&) {
        return ++calls == k ? what : fate::done;
      };
      stage s{world};
      s.pass(70s);
      INFO("request " << k << (what == fate::not_sent ? " not sent" : ""));
      CHECK(picture(world) == usual_picture());
    }
}

TEST_CASE("every actor may be killed at the start, in the middle and at rest") {
  for (const auto& role : roles)
    for (auto when : {0s, 2s, 20s}) {
      simulated_world world;
      add_claims(world);
      stage s{world};
      s.pass(when);
      if (when == 20s)
        create_job(world, "run");
      s.kill(role);
      s.pass(100s);
      INFO(role << " killed after " << when.count() << " s");
      CHECK(picture(world) == usual_picture());
      if (when == 20s)
        CHECK(completed(world) == 1);
    }
}

TEST_CASE("a repository that falls is rebuilt and the others stay") {
  simulated_world world;
  add_claims(world);
  stage s{world};
  s.pass(20s);
  auto& all = s.registry().repositories;
  std::vector<std::string> hashes;
  for (const auto& [hash, entry] : all)
    if (!hash.empty())
      hashes.push_back(hash);
  REQUIRE(hashes.size() == 2);
  auto other = all.at(hashes[1]).actor;
  world.writes.clear();
  stage::crash(caf::actor_cast<caf::actor>(all.at(hashes[0]).actor));
  s.pass(10s);
  CHECK(s.registry().repositories.at(hashes[1]).actor == other);
  REQUIRE(s.registry().repositories.at(hashes[0]).actor);
  CHECK(picture(world) == usual_picture());
  CHECK(distinct(world.writes) == std::set<std::string>{"merge_patch leases"});
}

TEST_CASE("R-35: who lost the Lease writes nothing any more") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  auto leases = "/apis/coordination.k8s.io/v1/namespaces/volsync-system/"
                "leases";
  std::string mine;
  auto held = world.call("GET", leases);
  for (const auto& item : items_at(held, "items"))
    if (text_at(item, "spec", "holderIdentity") == "me")
      mine = text_at(item, "metadata", "name");
  REQUIRE_FALSE(mine.empty());
  auto steal = [&](int n) {
    world.call("PATCH", fmt::format("{}/{}", leases, mine),
               fmt::format(R"({{"spec":{{"holderIdentity":"other",
                 "leaseDurationSeconds":15,
                 "renewTime":"2026-11-21T12:00:{:02}.000000Z"}}}})",
                           n),
               "application/merge-patch+json");
  };
  steal(1);
  s.pass(5s);
  world.writes.clear();
  add_source(world, "late", "three");
  for (int n = 2; n < 10; ++n) {
    steal(n);
    s.pass(5s);
  }
  CHECK(world.writes.empty());
  // The other goes; we take over and do what was left undone.
  s.pass(40s);
  CHECK_THAT(picture(world), Catch::Contains("maintenance-late-kopia"));
}
