// `holystone release` against the simulated API server, as a process.

#include "test/cli/quiet_server.hpp"

using namespace holystone;
using namespace holystone::test;
using namespace holystone::simulator;

namespace {

json::object labels(const std::string& location,
                    const std::string& operator_namespace = {}) {
  json::object all{{"volsync.backube/location-hash", location}};
  if (!operator_namespace.empty())
    all["volsync.backube/operator-namespace"] = operator_namespace;
  return all;
}

/// A cluster that knows the kinds of the claims.
struct claimed : quiet_server {
  claimed() {
    define_kinds();
  }

  void add_source() {
    send("POST", sources,
         {{"apiVersion", "volsync.backube/v1alpha1"},
          {"kind", "ReplicationSource"},
          {"metadata", {{"name", "data"}}},
          {"spec", {{"sourcePVC", "data"}}}});
    send("PATCH", sources + "/data/status",
         {{"status", {{"kopia", {{"maintenanceCronJob", "kopia-x"}}}}}},
         "application/merge-patch+json");
  }

  void add_maintenance() {
    send("POST",
         "/apis/volsync.backube/v1alpha1/namespaces/app/kopiamaintenances",
         {{"apiVersion", "volsync.backube/v1alpha1"},
          {"kind", "KopiaMaintenance"},
          {"metadata", {{"name", "data"}}},
          {"spec", {{"repository", {{"repository", "k"}}}}}});
  }

  void add_cron_job(const std::string& where, const std::string& name,
                    json::object carries) {
    send("POST", "/apis/batch/v1/namespaces/" + where + "/cronjobs",
         {{"metadata", {{"name", name}, {"labels", std::move(carries)}}},
          {"spec",
           {{"schedule", "0 2 * * *"},
            {"jobTemplate", {{"spec", {{"template", a_pod()}}}}}}}});
  }

  void add_job(const std::string& where, const std::string& name,
               json::object carries) {
    send("POST", "/apis/batch/v1/namespaces/" + where + "/jobs",
         {{"metadata", {{"name", name}, {"labels", std::move(carries)}}},
          {"spec", {{"suspend", true}, {"template", a_pod()}}}});
  }

  static json::object a_pod() {
    return {{"spec",
             {{"restartPolicy", "Never"},
              {"containers", json::array{{{"name", "k"}, {"image", "i:1"}}}}}}};
  }
};

} // namespace

TEST_CASE("release says who holds a repository and changes nothing by itself") {
  quiet_server here;
  here.hold(here.run_job());
  auto before = here.lease();
  auto told = here.release({hash});
  CHECK(told.exit_code == 2);
  CHECK(says(told.out, "volsync-system/run"));
  CHECK(says(told.out, "2026-11-21T02:00:00Z"));
  CHECK(says(told.out, "has not finished"));
  CHECK(says(told.out, "volsync-system/run-x was not seen to end"));
  CHECK(says(told.err, "--yes"));
  CHECK(here.lease().version == before.version);
  CHECK_FALSE(here.get(jobs + "/run").is_null());
}

TEST_CASE("A-2, A-5, A-7: release --yes deletes the unfinished Job and frees "
          "the Lease, whose ledger stays") {
  quiet_server here;
  here.hold(here.run_job());
  auto before = here.lease();
  auto told = here.release({"--yes", hash});
  INFO(told.out << told.err);
  CHECK(told.exit_code == 0);
  CHECK(says(told.out, "Job volsync-system/run is deleted"));
  auto job = here.get(jobs + "/run");
  CHECK((job.is_null() || k8s_io::read_job(job).deleting));
  auto after = here.lease();
  CHECK_FALSE(after.holder);
  CHECK(after.holder_job.name.empty());
  CHECK_FALSE(after.deadline);
  CHECK(after.known == before.known);
  CHECK(after.known.failures == 3);
  CHECK(after.winner == before.winner);
  // The pod is for whoever knows its node.
  CHECK_FALSE(here.get(pods + "/run-x").is_null());
  auto again = here.release({hash});
  CHECK(again.exit_code == 0);
  CHECK(says(again.out, "Nobody holds"));
}

TEST_CASE("release: what stands in a Lease cannot command a terminal") {
  quiet_server here;
  here.hold("x\x1b[2J");
  CHECK(says(here.release({hash}).out, "(UID x\\x1b[2J)"));
}

TEST_CASE("release: a holder that is no Job of ours is not nobody") {
  quiet_server here;
  here.hold(here.run_job());
  here.send("PATCH", leases + "/kopia-repository-" + hash,
            {{"metadata",
              {{"annotations", {{"volsync.backube/holder-job", nullptr}}}}},
             {"spec", {{"holderIdentity", "somebody"}}}},
            "application/merge-patch+json");
  for (const auto& args : {std::vector<std::string>{hash}, {"--yes", hash}}) {
    auto told = here.release(args);
    CHECK(told.exit_code == 1);
    CHECK(says(told.err, "held by \"somebody\""));
    CHECK(says(told.err, "patch lease kopia-repository-"));
    CHECK(here.lease().foreign_holder == "somebody");
  }
}

TEST_CASE("release: a Job of the same name is not the holder") {
  quiet_server here;
  here.run_job();
  here.hold("another");
  auto told = here.release({hash});
  CHECK(told.exit_code == 2);
  CHECK(says(told.out, "nobody saw its pod end"));
  CHECK(here.release({"--yes", hash}).exit_code == 0);
  CHECK_FALSE(here.lease().holder);
  CHECK_FALSE(k8s_io::read_job(here.get(jobs + "/run")).deleting);
}

TEST_CASE("release finds the Lease of a ReplicationSource") {
  claimed here;
  CHECK(says(here.release({"app/data"}).err,
             "there is no ReplicationSource or KopiaMaintenance app/data"));
  here.add_source();
  CHECK(says(here.release({"app/data"}).err,
             "there is no CronJob or Job for app/data"));
  here.add_cron_job("volsync-system", "kopia-x", labels(hash));
  here.hold("gone");
  CHECK(here.release({"--yes", "app/data"}).exit_code == 0);
  CHECK_FALSE(here.lease().holder);
}

TEST_CASE("release finds the Lease of a source that is maintained beside it") {
  claimed here;
  here.add_source();
  here.add_cron_job("app", "kopia-x", labels(hash, "volsync-system"));
  here.hold("gone");
  auto told = here.release({"--yes", "app/data"});
  INFO(told.out << told.err);
  CHECK(told.exit_code == 0);
  CHECK_FALSE(here.lease().holder);
}

TEST_CASE("release finds the Lease of a KopiaMaintenance, by its CronJob or by "
          "the Job of a run by hand") {
  claimed here;
  here.add_maintenance();
  auto told = here.release({"app/data"});
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "give its location's hash"));
  auto carries = labels(hash, "volsync-system");
  carries["volsync.backube/maintenance-name"] = "data";
  SECTION("its CronJob") {
    here.add_cron_job("app", "kopia-maint-data", carries);
  }
  SECTION("the Job of a run by hand") {
    here.add_job("app", "kopia-maint-manual-data", carries);
  }
  here.hold("gone");
  CHECK(here.release({"--yes", "app/data"}).exit_code == 0);
  CHECK_FALSE(here.lease().holder);
}

TEST_CASE("release says in which namespace the operator is that maintains") {
  claimed here;
  here.add_source();
  here.add_cron_job("app", "kopia-x", labels(hash, "holystone"));
  auto told = here.release({"--yes", "app/data"});
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "--namespace holystone"));
}

TEST_CASE("release frees nothing when a name means two repositories") {
  claimed here;
  here.add_source();
  here.add_maintenance();
  here.add_cron_job("volsync-system", "kopia-x", labels(hash));
  auto carries = labels("fedcba9876543210", "volsync-system");
  carries["volsync.backube/maintenance-name"] = "data";
  here.add_cron_job("app", "kopia-maint-data", carries);
  here.hold("gone");
  auto told = here.release({"--yes", "app/data"});
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "0123456789abcdef, fedcba9876543210"));
  CHECK(here.lease().holder);
}

TEST_CASE("release: what is not there is named") {
  quiet_server here;
  auto told = here.release({hash});
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "no Lease volsync-system/kopia-repository-" + hash));
}
