#include "maintenance_stage.hpp"
#include "volume_stage.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

const std::string ours = "volsync-system";

/// A claim of the operator's namespace on this disk.
void add_disk(simulated_world& world, const std::string& claim,
              const std::string& handle) {
  add_volume(world, "pv-" + claim,
             "csi: {driver: ebs.csi.aws.com, volumeHandle: " + handle + "}");
  add_claim(world, ours, "pv-" + claim, claim);
  bind(world, ours, claim);
}

/// A Job made from one of the operator's CronJobs, as an admission policy
/// that adds a claim to such Jobs lets it through (S4).
void run_on(simulated_world& world, const std::string& ns,
            const std::string& name, const std::string& claim,
            std::size_t cron_job = 0, const std::string& at = "/mnt/backups") {
  auto job = a_job(world, ours, name, cron_job);
  job["metadata"].as_object()["namespace"] = ns;
  auto& pod = job["spec"].at("template").at("spec").as_object();
  pod["volumes"].as_array().push_back(
      boost::json::object{{"name", "repository"},
                          {"persistentVolumeClaim", {{"claimName", claim}}}});
  pod["containers"]
      .as_array()
      .at(0)
      .at("volumeMounts")
      .as_array()
      .push_back(
          boost::json::object{{"name", "repository"}, {"mountPath", at}});
  world.call("POST", batch(ns, "jobs"), boost::json::serialize(job));
}

/// Where all CronJobs say that their repositories are.
std::vector<std::string> locations(simulated_world& world) {
  std::vector<std::string> found;
  auto list = cron_jobs(world);
  for (const auto& one : items_at(list, "items"))
    found.push_back(location_of(one));
  return found;
}

const std::vector<std::string> stand_in{
    R"({"backend":"filesystem","namespace":"app","path":"/mnt/backups/kopia",)"
    R"("volume":"unknown"})"};

std::vector<std::string> on_disk(const std::string& handle) {
  return {R"({"backend":"filesystem","driver":"ebs.csi.aws.com","handle":")"
          + handle + R"(","path":"/kopia","volume":"csi"})"};
}

/// A source without a volume, and a disk that a policy may give to its Jobs.
struct world_with_disk : simulated_world {
  world_with_disk() {
    add_disk_source(*this, "app", "");
    add_disk(*this, "disk", "shared");
  }
};

/// A first Job shows the disk.
void show_disk(simulated_world& world, stage& s) {
  s.pass(10s);
  run_on(world, ours, "first", "disk");
  s.pass(10s);
}

/// Does a Job on the disk run to its end?
bool runs_on_disk(simulated_world& world, stage& s, const std::string& name) {
  run_on(world, ours, name, "disk");
  s.pass(2min);
  return state_of(world, ours, name) == job_state::complete;
}

/// What is written meanwhile.
std::set<std::string> writes_in(simulated_world& world, stage& s,
                                seconds time) {
  world.writes.clear();
  s.pass(time);
  return distinct(world.writes);
}

} // namespace

TEST_CASE("S4: a volume that an admission policy adds is read from the "
          "suspended Job, before anything runs") {
  world_with_disk world;
  stage s{world};
  s.pass(10s);
  CHECK(locations(world) == stand_in);
  run_on(world, ours, "first", "disk");
  s.pass(10s);
  CHECK(locations(world) == on_disk("shared"));
  // It was of the repository that has gone, and nobody resumed it.
  CHECK(jobs_of(world, ours).empty());
  CHECK(names_of(world.call("GET", "/api/v1/pods")).empty());
  CHECK(condition_of(world, "app").starts_with("Scheduled: CronJob kopia-"));
  CHECK(runs_on_disk(world, s, "second"));
  CHECK(writes_in(world, s, 660s) == only_the_lease);
}

TEST_CASE("a volume of an admission policy is left to the policy: the CronJob "
          "names it for the mover and mounts nothing") {
  world_with_disk world;
  stage s{world};
  show_disk(world, s);
  auto list = cron_jobs(world);
  const auto& made = items_at(list, "items").at(0);
  const auto* pod
      = find(made, "spec", "jobTemplate", "spec", "template", "spec");
  REQUIRE(pod);
  for (const auto& volume : items_at(*pod, "volumes"))
    CHECK(text_at(volume, "name") != "repository");
  auto text = boost::json::serialize(*pod);
  CHECK(text.find("--volume=csi?driver=ebs.csi.aws.com&handle=shared&"
                  "mount=/mnt/backups\"")
        != std::string::npos);
  CHECK(names_of(world.call("GET", "/api/v1/namespaces/" + ours + "/secrets"))
            .size()
        == 1);
}

TEST_CASE("namespaces whose Jobs are given one volume have one repository") {
  simulated_world world;
  add_disk_source(world, "app", "");
  world.now += 2s;
  add_disk_source(world, "web", "");
  add_disk(world, "disk", "shared");
  stage s{world};
  s.pass(10s);
  CHECK(locations(world).size() == 2);
  run_on(world, ours, "one", "disk", 0);
  run_on(world, ours, "two", "disk", 1);
  s.pass(20s);
  CHECK(locations(world) == on_disk("shared"));
  auto list = cron_jobs(world);
  CHECK(text_at(items_at(list, "items").at(0), "metadata", "annotations",
                names::source_namespaces)
        == "app_web");
  CHECK(condition_of(world, "app").starts_with("Scheduled"));
  CHECK(condition_of(world, "web").starts_with("Scheduled"));
}

TEST_CASE("after a restart a repository stays on the volume that its CronJob "
          "records") {
  world_with_disk world;
  {
    stage s{world};
    show_disk(world, s);
  }
  world.writes.clear();
  stage s{world};
  s.pass(60s);
  CHECK(locations(world) == on_disk("shared"));
  CHECK(distinct(world.writes) == only_the_lease);
  CHECK(runs_on_disk(world, s, "second"));
}

TEST_CASE("a policy that gives another volume moves the repository, and a Job "
          "that was let through before is made anew") {
  world_with_disk world;
  add_disk(world, "other", "other");
  add_disk(world, "again", "other");
  stage s{world};
  show_disk(world, s);
  run_on(world, ours, "second", "other");
  s.pass(10s);
  CHECK(locations(world) == on_disk("other"));
  // Another claim on the same data is the same repository.
  run_on(world, ours, "third", "other");
  world.now += 2s;
  run_on(world, ours, "fourth", "again");
  s.pass(5min);
  CHECK(locations(world) == on_disk("other"));
  CHECK(state_of(world, ours, "fourth") == job_state::complete);
}

TEST_CASE("a Job waits while nobody can tell what its volume is, and the claim "
          "says so") {
  simulated_world world;
  add_disk_source(world, "app", "");
  stage s{world};
  s.pass(10s);
  run_on(world, ours, "first", "disk");
  s.pass(60s);
  CHECK(condition_of(world, "app")
        == "Waiting: PersistentVolumeClaim volsync-system/disk does not exist; "
           "create it");
  CHECK(state_of(world, ours, "first") == job_state::waiting);
  add_disk(world, "disk", "shared");
  s.pass(30s);
  CHECK(locations(world) == on_disk("shared"));
}

TEST_CASE("a tenant's Job with copied labels moves nobody's repository") {
  world_with_disk world;
  stage s{world};
  s.pass(10s);
  run_on(world, "app", "evil", "disk");
  s.pass(30s);
  CHECK(locations(world) == stand_in);
}

TEST_CASE("a Secret that is missing for a while ends no maintenance on a "
          "policy's volume either") {
  world_with_disk world;
  stage s{world};
  show_disk(world, s);
  run_on(world, ours, "second", "disk");
  s.pass(2min);
  world.call("DELETE", "/api/v1/namespaces/app/secrets/kopia");
  s.pass(10s);
  CHECK(condition_of(world, "app").starts_with("Waiting: Secret app/kopia"));
  CHECK(runs_on_disk(world, s, "third"));
  CHECK(locations(world) == on_disk("shared"));
}

TEST_CASE("a restart finds the Job that showed a volume, whoever falls around "
          "the move") {
  std::vector<std::string> victims{"registry", "repository", "secret-mirror",
                                   "volume-reader"};
  for (const auto& victim : victims)
    for (auto when = 0; when < 8; ++when) {
      world_with_disk world;
      stage s{world};
      s.pass(10s);
      run_on(world, ours, "first", "disk");
      for (auto i = 0; i < when; ++i) {
        s.sched().run();
        world.run();
        world.tell();
      }
      if (victim != "repository") {
        s.kill(victim);
      } else {
        for (auto& [hash, one] : s.registry().repositories.all())
          if (one.actor && hash != lobby)
            stage::crash(caf::actor_cast<caf::actor>(one.actor));
      }
      s.pass(5min);
      INFO(victim << " fell at " << when);
      CHECK(locations(world) == on_disk("shared"));
      CHECK(jobs_of(world, ours).empty());
      CHECK(runs_on_disk(world, s, "second"));
    }
}

TEST_CASE("a Secret that names another path on a policy's volume moves the "
          "claim after a restart, too") {
  world_with_disk world;
  {
    stage s{world};
    show_disk(world, s);
  }
  stage s{world};
  s.pass(10s);
  CHECK(locations(world) == on_disk("shared"));
  world.call("PATCH", "/api/v1/namespaces/app/secrets/kopia",
             R"({"stringData":{"KOPIA_REPOSITORY":)"
             R"("filesystem:///mnt/backups/two"}})",
             "application/merge-patch+json");
  s.pass(30s);
  REQUIRE(locations(world).size() == 1);
  CHECK(locations(world).at(0).find(R"("handle":"shared","path":"/two")")
        != std::string::npos);
}

TEST_CASE("while a Secret is missing, a restart holds no Job on a policy's "
          "volume back") {
  world_with_disk world;
  {
    stage s{world};
    show_disk(world, s);
    world.call("DELETE", "/api/v1/namespaces/app/secrets/kopia");
    s.pass(10s);
  }
  stage s{world};
  s.pass(10s);
  CHECK(condition_of(world, "app").starts_with("Waiting: Secret app/kopia"));
  CHECK(runs_on_disk(world, s, "second"));
}

TEST_CASE("claims that expect one volume at different paths come to rest in "
          "one repository") {
  world_with_disk world;
  stage s{world};
  show_disk(world, s);
  add_disk_source(world, "web", "");
  world.call("PATCH", "/api/v1/namespaces/web/secrets/kopia",
             R"({"stringData":{"KOPIA_REPOSITORY":)"
             R"("filesystem:///mnt/data/kopia"}})",
             "application/merge-patch+json");
  s.pass(10s);
  auto is_webs = locations(world).at(0).find("/mnt/data") != std::string::npos;
  run_on(world, ours, "second", "disk", is_webs ? 0 : 1, "/mnt/data");
  s.pass(30s);
  CHECK(locations(world) == on_disk("shared"));
  CHECK(writes_in(world, s, 60s) == only_the_lease);
}

TEST_CASE("a policy that returns to a volume where somebody else's claim "
          "stayed brings its claim to rest there") {
  world_with_disk world;
  add_disk(world, "other", "other");
  stage s{world};
  show_disk(world, s);
  add_volume(world, "pv-web",
             "csi: {driver: ebs.csi.aws.com, volumeHandle: shared}");
  add_disk_source(world, "web", on_claim);
  add_claim(world, "web", "pv-web");
  bind(world, "web");
  s.pass(30s);
  run_on(world, ours, "second", "other");
  s.pass(30s);
  CHECK(locations(world).size() == 2);
  run_on(world, ours, "third", "disk");
  s.pass(30s);
  CHECK(locations(world) == on_disk("shared"));
  CHECK(writes_in(world, s, 60s) == only_the_lease);
}

TEST_CASE("S4: so is that of a KopiaMaintenance in the operator's namespace") {
  simulated_world world;
  add_disk(world, "disk", "shared");
  world.install(R"(
apiVersion: v1
kind: Secret
metadata: {name: kopia, namespace: volsync-system}
stringData:
  KOPIA_PASSWORD: secret
  KOPIA_REPOSITORY: filesystem:///mnt/backups/kopia
)");
  add_maintenance(world, ours, "nightly");
  stage s{world};
  show_disk(world, s);
  CHECK(locations(world) == on_disk("shared"));
  CHECK(runs_on_disk(world, s, "second"));
  CHECK(writes_in(world, s, 660s) == only_the_lease);
}
