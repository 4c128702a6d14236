#include "volume_stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

const std::string a_disk
    = "csi: {driver: ebs.csi.aws.com, volumeHandle: shared}";

/// A claim on the disk that all of these tests share.
void add_disk(simulated_world& world, const std::string& ns) {
  add_volume(world, "pv-" + ns, a_disk);
  add_disk_source(world, ns, on_claim);
  add_claim(world, ns, "pv-" + ns);
  bind(world, ns);
}

/// Two claims on it, app's first.
void add_two_disks(simulated_world& world) {
  add_disk(world, "app");
  world.now += 2s;
  add_disk(world, "web");
}

/// Namespaces of all objects of a kind, as a list has them.
std::string homes(simulated_world& world, const std::string& target) {
  std::string found;
  auto list = world.call("GET", target);
  for (const auto& one : items_at(list, "items"))
    found += text_at(one, "metadata", "namespace") + " ";
  return found;
}

std::string homes(simulated_world& world) {
  return homes(world, "/apis/batch/v1/cronjobs");
}

std::string accounts_of(simulated_world& world) {
  return homes(world, "/api/v1/serviceaccounts?fieldSelector=metadata.name="
                          + std::string{names::service_account});
}

} // namespace

TEST_CASE("a volume that only its namespace can mount is maintained there, "
          "with the claim's own Secret") {
  simulated_world world;
  add_disk(world, "app");
  stage s{world};
  s.pass(10s);
  CHECK(homes(world) == "app ");
  auto list = cron_jobs(world);
  const auto& made = items_at(list, "items").at(0);
  CHECK(text_at(made, "metadata", "labels", names::operator_namespace)
        == "volsync-system");
  const auto* pod
      = find(made, "spec", "jobTemplate", "spec", "template", "spec");
  REQUIRE(pod);
  CHECK(text_at(items_at(*pod, "volumes").at(0), "secret", "secretName")
        == "kopia");
  CHECK(text_at(items_at(*pod, "volumes").back(), "persistentVolumeClaim",
                "claimName")
        == "disk");
  CHECK(accounts_of(world) == "app volsync-system ");
  auto account = world.call("GET", "/api/v1/namespaces/app/serviceaccounts/"
                                       + std::string{names::service_account});
  CHECK(flag_at(account, "automountServiceAccountToken") == false);
  CHECK(names_of(world.call("GET", "/api/v1/namespaces/volsync-system/secrets"))
            .empty());
  CHECK(condition_of(world, "app").starts_with("Scheduled: CronJob app/kopia"));
  run_by_hand(world, "app", "run");
  s.pass(2min);
  CHECK(state_of(world, "app", "run") == job_state::complete);
  world.writes.clear();
  s.pass(660s);
  CHECK(distinct(world.writes) == only_the_lease);
}

TEST_CASE("A-15: a repository is handed to another namespace without an extra "
          "run, and leaves the first when its Job has ended") {
  simulated_world world;
  add_two_disks(world);
  stage s{world};
  s.pass(10s);
  CHECK(homes(world) == "app ");
  run_by_hand(world, "app", "run");
  s.pass(5s);
  CHECK(state_of(world, "app", "run") == job_state::running);
  delete_source(world, "app");
  s.pass(5s);
  CHECK(homes(world) == "app web ");
  CHECK(accounts_of(world) == "app volsync-system web ");
  CHECK(state_of(world, "app", "run") == job_state::running);
  s.pass(2min);
  CHECK(homes(world) == "web ");
  CHECK(accounts_of(world) == "volsync-system web ");
  CHECK(condition_of(world, "web").starts_with("Scheduled"));
  CHECK(jobs_of(world, "app").empty());
  CHECK(jobs_of(world, "web").empty());
}

TEST_CASE("a restart between two namespaces ends where no restart would") {
  simulated_world world;
  add_two_disks(world);
  {
    stage s{world};
    s.pass(10s);
    run_by_hand(world, "app", "run");
    s.pass(5s);
    delete_source(world, "app");
    s.pass(3s);
    CHECK(homes(world) == "app web ");
  }
  world.now += 40s;
  stage s{world};
  s.pass(3min);
  CHECK(homes(world) == "web ");
  CHECK(accounts_of(world) == "volsync-system web ");
}

TEST_CASE("A-15: a Job that waits in a namespace whose claim can't win any "
          "more runs in the winner's") {
  simulated_world world;
  add_two_disks(world);
  stage s{world};
  s.pass(10s);
  run_by_hand(world, "app", "first");
  s.pass(5s);
  run_by_hand(world, "app", "second");
  world.call("PATCH",
             "/apis/volsync.backube/v1alpha1/namespaces/app/"
             "replicationsources/data",
             R"({"spec":{"kopia":{"maintenanceCronJob":{"timeZone":"Mars"}}}})",
             "application/merge-patch+json");
  s.pass(4min);
  CHECK(homes(world) == "web ");
  CHECK(jobs_of(world, "app").empty());
  auto moved = jobs_of(world, "web");
  REQUIRE(moved.size() == 1);
  CHECK(moved.front().starts_with("second-"));
  CHECK(state_of(world, "web", moved.front()) == job_state::complete);
}

TEST_CASE("nothing is left of a repository beside its claim") {
  simulated_world world;
  add_disk(world, "app");
  stage s{world};
  s.pass(10s);
  run_by_hand(world, "app", "run");
  s.pass(2min);
  run_by_hand(world, "app", "waits");
  delete_source(world, "app");
  s.pass(1min);
  CHECK(homes(world).empty());
  CHECK(accounts_of(world) == "volsync-system ");
  CHECK(jobs_of(world, "app").empty());
  CHECK(names_of(world.call("GET", "/apis/coordination.k8s.io/v1/namespaces/"
                                   "volsync-system/leases"))
            .size()
        <= 1);
}

TEST_CASE("nor when the source was deleted while no operator ran") {
  simulated_world world;
  add_disk(world, "app");
  {
    stage s{world};
    s.pass(10s);
  }
  delete_source(world, "app");
  world.now += 40s;
  stage s{world};
  s.pass(1min);
  CHECK(homes(world).empty());
  CHECK(accounts_of(world) == "volsync-system ");
}

TEST_CASE("a missing Secret does not end maintenance beside the claim") {
  simulated_world world;
  add_disk(world, "app");
  {
    stage s{world};
    s.pass(10s);
  }
  world.call("DELETE", "/api/v1/namespaces/app/secrets/kopia");
  world.now += 40s;
  stage s{world};
  s.pass(1min);
  CHECK(homes(world) == "app ");
  CHECK(accounts_of(world) == "app volsync-system ");
  CHECK(condition_of(world, "app")
        == "Waiting: Secret app/kopia does not exist; create it");
}

TEST_CASE("whoever copies our labels onto a Job of another namespace neither "
          "runs nor holds up anything") {
  simulated_world world;
  add_disk(world, "app");
  world.install("{apiVersion: v1, kind: Namespace, metadata: {name: evil}}");
  stage s{world};
  s.pass(10s);
  auto copy = a_job(world, "app", "copy");
  copy["metadata"].as_object().erase("ownerReferences");
  auto running = copy;
  running["metadata"].as_object()["name"] = "runs";
  running["spec"].as_object()["suspend"] = false;
  world.call("POST", batch("evil", "jobs"), boost::json::serialize(copy));
  world.call("POST", batch("evil", "jobs"), boost::json::serialize(running));
  s.pass(5s);
  run_by_hand(world, "app", "run");
  s.pass(2min);
  CHECK(state_of(world, "app", "run") == job_state::complete);
  CHECK(state_of(world, "evil", "copy") == job_state::waiting);
  CHECK(jobs_of(world, "evil").size() == 2);
}

TEST_CASE("a CronJob of somebody else under our name is not taken over in a "
          "claim's namespace") {
  simulated_world world;
  add_disk(world, "app");
  std::string name;
  {
    stage s{world};
    s.pass(10s);
    name = names_of(cron_jobs(world)).front();
  }
  world.call("DELETE", batch("app", "cronjobs") + "/" + name);
  world.install(fmt::format(R"(
apiVersion: batch/v1
kind: CronJob
metadata: {{name: {}, namespace: app}}
spec:
  schedule: "1 1 1 1 *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{{name: mine, image: mine}}]
)",
                            name));
  world.now += 40s;
  stage s{world};
  s.pass(1min);
  auto list = cron_jobs(world);
  const auto& theirs = items_at(list, "items").at(0);
  CHECK(text_at(theirs, "spec", "schedule") == "1 1 1 1 *");
  CHECK(text_at(theirs, "metadata", "labels", names::operator_namespace) == "");
}
