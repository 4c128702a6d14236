#include "stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

/// A source whose repository is on a claim of its namespace.
void add_disk_source(simulated_world& world, const std::string& ns,
                     const std::string& volumes) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: Namespace
metadata: {{name: {0}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: kopia, namespace: {0}}}
stringData:
  KOPIA_REPOSITORY: filesystem:///mnt/backups/kopia
  KOPIA_PASSWORD: secret
---
apiVersion: volsync.backube/v1alpha1
kind: ReplicationSource
metadata: {{name: data, namespace: {0}}}
spec:
  sourcePVC: data
  trigger: {{manual: once}}
  kopia:
    repository: kopia
    maintenanceCronJob: {{enabled: true}}
    moverVolumes: [{1}]
)",
                            ns, volumes));
}

const std::string on_claim
    = "{mountPath: backups, volumeSource: {persistentVolumeClaim: {claimName: "
      "disk}}}";
const std::string on_nfs
    = "{mountPath: backups, volumeSource: {nfs: {server: nas, path: /export}}}";

void add_volume(simulated_world& world, const std::string& name,
                const std::string& source) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {}}}
spec:
  capacity: {{storage: 1Gi}}
  accessModes: [ReadWriteMany]
  {}
)",
                            name, source));
}

std::string claims_of(const std::string& ns) {
  return "/api/v1/namespaces/" + ns + "/persistentvolumeclaims";
}

void add_claim(simulated_world& world, const std::string& ns,
               const std::string& volume) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: disk, namespace: {}}}
spec:
  accessModes: [ReadWriteMany]
  storageClassName: ""
  volumeName: {}
  resources: {{requests: {{storage: 1Gi}}}}
)",
                            ns, volume));
}

void bind(simulated_world& world, const std::string& ns) {
  world.call("PATCH", claims_of(ns) + "/disk/status",
             R"({"status":{"phase":"Bound"}})", "application/merge-patch+json");
}

boost::json::value cron_jobs(simulated_world& world) {
  return world.call("GET", "/apis/batch/v1/cronjobs");
}

std::string condition_of(simulated_world& world, const std::string& ns) {
  auto source = world.call("GET", "/apis/volsync.backube/v1alpha1/namespaces/"
                                      + ns + "/replicationsources/data");
  for (const auto& one : items_at(source, "status", "conditions"))
    return text_at(one, "reason") + ": " + text_at(one, "message");
  return {};
}

std::string location_of(const boost::json::value& cron_job) {
  return text_at(cron_job, "metadata", "annotations", names::location);
}

} // namespace

TEST_CASE("a claim on a volume waits until that is bound and says so") {
  simulated_world world;
  add_disk_source(world, "app", on_claim);
  stage s{world};
  s.pass(5s);
  CHECK(condition_of(world, "app")
        == "Waiting: PersistentVolumeClaim app/disk does not exist; create it");
  add_volume(world, "pv1", "nfs: {server: nas, path: /export}");
  add_claim(world, "app", "pv1");
  s.pass(20s);
  CHECK(condition_of(world, "app").find("not bound (phase: Pending)")
        != std::string::npos);
  auto none = cron_jobs(world);
  CHECK(items_at(none, "items").empty());
  bind(world, "app");
  s.pass(20s);
  auto made = cron_jobs(world);
  REQUIRE(items_at(made, "items").size() == 1);
  CHECK(location_of(items_at(made, "items").at(0))
        == R"({"backend":"filesystem","path":"/export/kopia",)"
           R"("server":"nas","volume":"nfs"})");
}

TEST_CASE("A-20: an export that is reached inline and by a claim is one "
          "repository, in the operator's namespace") {
  simulated_world world;
  add_volume(world, "pv1", "nfs: {server: nas, path: /export}");
  add_disk_source(world, "app", on_claim);
  add_claim(world, "app", "pv1");
  bind(world, "app");
  add_disk_source(world, "web", on_nfs);
  stage s{world};
  s.pass(10s);
  auto made = cron_jobs(world);
  REQUIRE(items_at(made, "items").size() == 1);
  const auto& one = items_at(made, "items").at(0);
  CHECK(text_at(one, "metadata", "namespace") == "volsync-system");
  CHECK(text_at(one, "metadata", "annotations", names::source_namespaces)
        == "app_web");
  // What is not news is not written.
  world.writes.clear();
  s.pass(660s);
  CHECK(distinct(world.writes) == std::set<std::string>{"merge_patch leases"});
}

TEST_CASE(
    "a claim that was made anew on another volume is another repository") {
  simulated_world world;
  add_volume(world, "pv1", "nfs: {server: nas, path: /one}");
  add_volume(world, "pv2", "nfs: {server: nas, path: /two}");
  add_disk_source(world, "app", on_claim);
  add_claim(world, "app", "pv1");
  bind(world, "app");
  stage s{world};
  s.pass(10s);
  world.call("DELETE", claims_of("app") + "/disk");
  add_claim(world, "app", "pv2");
  bind(world, "app");
  s.pass(660s);
  auto made = cron_jobs(world);
  REQUIRE(items_at(made, "items").size() == 1);
  CHECK(location_of(items_at(made, "items").at(0)).find("/two/kopia")
        != std::string::npos);
}
