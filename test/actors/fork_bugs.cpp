#include "stage.hpp"

#include <catch2/catch.hpp>

// What the maintenance CronJobs of the Kopia fork got wrong for sources, each
// under its number in docs/compatibility.md.

using namespace holystone;
using namespace holystone::actors;

namespace {

const std::string merge = "application/merge-patch+json";

std::string source_of(const std::string& ns) {
  return "/apis/volsync.backube/v1alpha1/namespaces/" + ns
         + "/replicationsources/data";
}

/// Edits the maintenanceCronJob of a namespace's source.
void want(simulated_world& world, const std::string& ns,
          const std::string& block) {
  world.call("PATCH", source_of(ns),
             R"({"spec":{"kopia":{"maintenanceCronJob":)" + block + "}}}",
             merge);
}

boost::json::value only_cron_job(simulated_world& world) {
  auto list = world.call("GET", home + "cronjobs");
  REQUIRE(items_at(list, "items").size() == 1);
  return items_at(list, "items").at(0);
}

const boost::json::value& pod_of(const boost::json::value& cron_job) {
  return *find(cron_job, "spec", "jobTemplate", "spec", "template", "spec");
}

/// The Secrets that the CronJob's pods mount.
std::vector<std::string> mounted(const boost::json::value& cron_job) {
  std::vector<std::string> names;
  for (const auto& volume : items_at(pod_of(cron_job), "volumes"))
    if (auto name = text_at(volume, "secret", "secretName"); !name.empty())
      names.push_back(name);
  return names;
}

std::vector<std::string> copies(simulated_world& world) {
  return names_of(
      world.call("GET", "/api/v1/namespaces/volsync-system/secrets"));
}

/// A source whose Secret has a name of its own.
void add_named_source(simulated_world& world, const std::string& ns,
                      const std::string& secret, const std::string& bucket,
                      const std::string& more = {}) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: Namespace
metadata: {{name: {0}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: {1}, namespace: {0}}}
stringData:
  KOPIA_PASSWORD: secret-of-{0}
  KOPIA_REPOSITORY: s3://{2}
  AWS_ACCESS_KEY_ID: id
  AWS_SECRET_ACCESS_KEY: key
  AWS_S3_ENDPOINT: http://minio.example:9000
{3}
---
apiVersion: volsync.backube/v1alpha1
kind: ReplicationSource
metadata: {{name: data, namespace: {0}}}
spec:
  sourcePVC: data
  trigger: {{manual: once}}
  kopia: {{repository: {1}, maintenanceCronJob: {{enabled: true}}}}
)",
                            ns, secret, bucket, more));
}

} // namespace

TEST_CASE("BUG-25: however often the loser asks, the first schedule stays") {
  simulated_world world;
  add_source(world, "nsa", "one", "0 1 * * *");
  world.now += 2s;
  add_source(world, "nsb", "one", "0 3 * * *");
  stage s{world};
  s.pass(20s);
  const std::string rejected
      = "Schedule '0 3 * * *' requested by ReplicationSource nsb/data "
        "(rejected - first-wins strategy)";
  for (auto ns : {"nsb", "nsa", "nsb", "nsb", "nsa"}) {
    world.call(
        "PATCH", source_of(ns),
        fmt::format(R"({{"metadata":{{"annotations":{{"seen":"{}"}}}}}})",
                    to_rfc3339(world.now)),
        merge);
    s.pass(20s);
    auto cron_job = only_cron_job(world);
    CHECK(text_at(cron_job, "spec", "schedule") == "0 1 * * *");
    CHECK(text_at(cron_job, "metadata", "annotations", names::schedule_conflict)
          == rejected);
  }
}

TEST_CASE("BUG-25: the first one's label stays when others come") {
  simulated_world world;
  add_source(world, "nsa", "one", "0 1 * * *");
  world.now += 2s;
  add_source(world, "nsb", "one", "0 3 * * *");
  stage s{world};
  s.pass(20s);
  auto cron_job = only_cron_job(world);
  CHECK(text_at(cron_job, "metadata", "labels", names::source_namespaces)
        == "nsa_nsb");
  CHECK(text_at(cron_job, "metadata", "annotations", names::winner)
        == "ReplicationSource nsa/data");
}

TEST_CASE("BUG-26: every edit reaches a CronJob that is there already") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  want(world, "app",
       R"({"suspend":true,"successfulJobsHistoryLimit":7,)"
       R"("failedJobsHistoryLimit":4,"resources":)"
       R"({"limits":{"memory":"2Gi"}}})");
  s.pass(20s);
  auto cron_job = only_cron_job(world);
  CHECK(find(cron_job, "spec", "suspend")->as_bool());
  CHECK(find(cron_job, "spec", "successfulJobsHistoryLimit")->to_number<int>()
        == 7);
  CHECK(find(cron_job, "spec", "failedJobsHistoryLimit")->to_number<int>()
        == 4);
  CHECK(text_at(items_at(pod_of(cron_job), "containers").at(0), "resources",
                "limits", "memory")
        == "2Gi");
}

TEST_CASE("BUG-26: what somebody else changes in the pods is put right") {
  simulated_world world;
  add_source(world, "app", "one");
  stage s{world};
  s.pass(20s);
  auto name = text_at(only_cron_job(world), "metadata", "name");
  world.call("PATCH", home + "cronjobs/" + name,
             R"([{"op":"replace","path":"/spec/jobTemplate/spec/template/spec)"
             R"(/containers/0/image","value":"example.invalid/other:1"}])",
             "application/json-patch+json");
  s.pass(60s);
  CHECK(text_at(items_at(pod_of(only_cron_job(world)), "containers").at(0),
                "image")
        == "localhost/holystone:test");
}

TEST_CASE("BUG-27: the heir's pods mount the heir's own copy") {
  simulated_world world;
  add_source(world, "nsa", "one");
  world.now += 2s;
  add_source(world, "nsb", "one");
  stage s{world};
  s.pass(20s);
  REQUIRE(mounted(only_cron_job(world))
          == std::vector<std::string>{"maintenance-nsa-kopia"});
  world.call("DELETE", source_of("nsa"));
  s.pass(30s);
  CHECK(mounted(only_cron_job(world))
        == std::vector<std::string>{"maintenance-nsb-kopia"});
  CHECK(copies(world) == std::vector<std::string>{"maintenance-nsb-kopia"});
}

TEST_CASE("BUG-27: the last source of a namespace leaves nothing behind") {
  simulated_world world;
  add_source(world, "nsa", "one");
  stage s{world};
  s.pass(20s);
  REQUIRE(copies(world).size() == 1);
  world.call("DELETE", source_of("nsa"));
  s.pass(30s);
  CHECK(copies(world).empty());
  CHECK(names_of(world.call("GET", home + "cronjobs")).empty());
}

TEST_CASE("BUG-29: no key of a tenant's becomes environment of a pod") {
  simulated_world world;
  add_named_source(world, "app", "kopia", "one",
                   "  BASH_ENV: /credentials/KOPIA_PASSWORD\n"
                   "  LD_PRELOAD: /tmp/evil.so");
  stage s{world};
  s.pass(20s);
  auto copy = world.call("GET", "/api/v1/namespaces/volsync-system/secrets/"
                                "maintenance-app-kopia");
  CHECK(find(copy, "data", "KOPIA_PASSWORD") != nullptr);
  CHECK(find(copy, "data", "BASH_ENV") == nullptr);
  CHECK(find(copy, "data", "LD_PRELOAD") == nullptr);
  auto cron_job = only_cron_job(world);
  const auto& container = items_at(pod_of(cron_job), "containers").at(0);
  CHECK(find(container, "envFrom") == nullptr);
  CHECK(items_at(container, "command").at(0) == "/usr/bin/holystone");
  CHECK_FALSE(
      find(pod_of(cron_job), "automountServiceAccountToken")->as_bool());
}

TEST_CASE("BUG-29: copies of a-b/c and a/b-c are two, each its source's") {
  simulated_world world;
  add_named_source(world, "a-b", "c", "one");
  add_named_source(world, "a", "b-c", "two");
  stage s{world};
  s.pass(20s);
  auto names = copies(world);
  REQUIRE(names.size() == 2);
  std::map<std::string, std::string> held;
  for (const auto& name : names) {
    auto copy = world.call("GET",
                           "/api/v1/namespaces/volsync-system/secrets/" + name);
    held[text_at(copy, "metadata", "annotations", names::source_namespace)]
        = text_at(copy, "data", "KOPIA_PASSWORD");
  }
  // base64 of secret-of-a and secret-of-a-b
  CHECK(held
        == std::map<std::string, std::string>{{"a", "c2VjcmV0LW9mLWE="},
                                              {"a-b", "c2VjcmV0LW9mLWEtYg=="}});
}

TEST_CASE("U-14: equally named Secrets of two places are two repositories") {
  simulated_world world;
  add_named_source(world, "nsa", "kopia", "one");
  add_named_source(world, "nsb", "kopia", "two");
  stage s{world};
  s.pass(20s);
  CHECK(names_of(world.call("GET", home + "cronjobs")).size() == 2);
}

TEST_CASE("U-15: one place under two Secrets' names is one repository") {
  simulated_world world;
  add_named_source(world, "nsa", "mine", "one");
  add_named_source(world, "nsb", "yours", "one");
  stage s{world};
  s.pass(20s);
  CHECK(names_of(world.call("GET", home + "cronjobs")).size() == 1);
}

TEST_CASE("U-17: a source's name may have 253 characters") {
  simulated_world world;
  add_source(world, "app", "one");
  world.call("DELETE", source_of("app"));
  world.install(fmt::format(R"(
apiVersion: volsync.backube/v1alpha1
kind: ReplicationSource
metadata: {{name: {}, namespace: app}}
spec:
  sourcePVC: data
  kopia: {{repository: kopia, maintenanceCronJob: {{enabled: true}}}}
)",
                            std::string(253, 'n')));
  stage s{world};
  s.pass(20s);
  CHECK(names_of(world.call("GET", home + "cronjobs")).size() == 1);
}
