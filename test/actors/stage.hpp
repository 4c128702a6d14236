#pragma once

// The whole operator on a simulated cluster, on one thread and a clock of the
// test's, and what tests of it say: sources, Jobs, and a picture of what the
// operator left behind. Included by the tests of this folder.

#include "actors/root.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/manifests.hpp"
#include "k8s_io/names.hpp"
#include "simulated_client.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace holystone::actors {

using namespace std::chrono_literals;

struct test_config : caf::actor_system_config {
  test_config() {
    set("scheduler.policy", caf::atom("testing"));
  }
};

/// The whole operator on a simulated cluster and a clock of the test's.
struct stage {
  explicit stage(simulated_world& on,
                 std::function<void(root_setup&)> adjust = {})
      : world(on) {
    start(adjust);
  }

  ~stage() {
    caf::anon_send_exit(top, caf::exit_reason::kill);
    sched().run();
  }

  caf::scheduler::test_coordinator& sched() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }

  void start(const std::function<void(root_setup&)>& adjust = {}) {
    root_setup setup;
    setup.make_client = [this](caf::actor_system& in) -> api_client {
      return in.spawn(simulated_client, &world);
    };
    setup.operator_namespace = "volsync-system";
    setup.identity = "me";
    setup.meters = &meters;
    setup.onlookers = &onlookers;
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
    if (adjust)
      adjust(setup);
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
    caf::anon_send(victim,
                   caf::exit_msg{victim.address(), caf::sec::runtime_error});
  }

  simulated_world& world;
  metrics::instruments meters;
  metrics::broadcaster onlookers;
  test_config config;
  caf::actor_system system{config};
  root_actor top;
};

/// A source with its Secret, in a namespace of their own. `secret` has lines of
/// two blanks and an entry, `kopia` of four blanks and a field.
inline void install_source(simulated_world& world, const std::string& ns,
                           const std::string& secret,
                           const std::string& kopia) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: Namespace
metadata: {{name: {0}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: kopia, namespace: {0}}}
stringData:
  KOPIA_PASSWORD: secret
{1}
---
apiVersion: volsync.backube/v1alpha1
kind: ReplicationSource
metadata: {{name: data, namespace: {0}}}
spec:
  sourcePVC: data
  trigger: {{manual: once}}
  kopia:
    repository: kopia
{2}
)",
                            ns, secret, kopia));
}

/// A source whose repository is the bucket.
inline void add_source(simulated_world& world, const std::string& ns,
                       const std::string& bucket,
                       const std::string& schedule = "0 2 * * *") {
  install_source(
      world, ns,
      fmt::format("  KOPIA_REPOSITORY: s3://{}\n"
                  "  AWS_ACCESS_KEY_ID: id\n"
                  "  AWS_SECRET_ACCESS_KEY: key\n"
                  "  AWS_S3_ENDPOINT: http://minio.example:9000",
                  bucket),
      fmt::format("    maintenanceCronJob: {{enabled: true, schedule: \"{}\"}}",
                  schedule));
}

inline const std::string home = "/apis/batch/v1/namespaces/volsync-system/";

inline std::vector<std::string> names_of(const boost::json::value& list) {
  std::vector<std::string> found;
  for (const auto& item : items_at(list, "items"))
    found.push_back(text_at(item, "metadata", "name"));
  return found;
}

/// What a finished operator leaves: CronJobs, copies, conditions.
inline std::string picture(simulated_world& world) {
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
inline void add_claims(simulated_world& world) {
  add_source(world, "app", "one");
  world.now += 2s;
  add_source(world, "web", "one", "0 3 * * *");
  add_source(world, "other", "two");
}

inline std::string usual_picture() {
  static const auto seen = [] {
    simulated_world world;
    add_claims(world);
    stage s{world};
    s.pass(20s);
    return picture(world);
  }();
  return seen;
}

/// Where objects of the group batch are.
inline std::string batch(const std::string& ns, const std::string& plural) {
  return "/apis/batch/v1/namespaces/" + ns + "/" + plural;
}

/// What `kubectl create job --from=cronjob/...` sends.
inline boost::json::object a_job(simulated_world& world, const std::string& ns,
                                 const std::string& name,
                                 std::size_t cron_job = 0) {
  auto list = world.call("GET", batch(ns, "cronjobs"));
  const auto& from = items_at(list, "items").at(cron_job);
  auto job = find(from, "spec", "jobTemplate")->as_object();
  job["apiVersion"] = "batch/v1";
  job["kind"] = "Job";
  auto& metadata = job["metadata"].as_object();
  metadata["name"] = name;
  metadata["ownerReferences"] = boost::json::array{
      boost::json::object{{"apiVersion", "batch/v1"},
                          {"kind", "CronJob"},
                          {"name", text_at(from, "metadata", "name")},
                          {"uid", text_at(from, "metadata", "uid")}}};
  return job;
}

/// Makes a Job by hand from the operator's only CronJob.
inline void create_job(simulated_world& world, const std::string& name) {
  world.call("POST", home + "jobs",
             boost::json::serialize(a_job(world, "volsync-system", name)));
}

/// How many Jobs are complete.
inline std::size_t completed(simulated_world& world) {
  auto jobs = world.call("GET", home + "jobs");
  std::size_t done = 0;
  for (const auto& item : items_at(jobs, "items"))
    done += read_job(item).state == job_state::complete ? 1 : 0;
  return done;
}

inline std::set<std::string> distinct(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

/// All that an operator writes who finds everything as it should be.
inline const std::set<std::string> only_the_lease{"merge_patch leases"};

/// What another operator writes in its first minute.
inline std::set<std::string> writes_after_restart(simulated_world& world) {
  world.now += 30s;
  world.writes.clear();
  stage s{world};
  s.pass(60s);
  return distinct(world.writes);
}

inline std::vector<std::string> jobs_of(simulated_world& world,
                                        const std::string& ns) {
  return names_of(world.call("GET", batch(ns, "jobs")));
}

} // namespace holystone::actors
