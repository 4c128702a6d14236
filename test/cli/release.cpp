// `holystone release` against the simulated API server, as a process.

#include "k8s_io/objects.hpp"
#include "simulator/kubeconfig.hpp"
#include "simulator/wire.hpp"
#include "test/cli/program_run.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace holystone;
using namespace holystone::simulator;
namespace json = boost::json;
using test::run_program;

namespace {

const std::string ns = "/namespaces/volsync-system";
const std::string leases = "/apis/coordination.k8s.io/v1" + ns + "/leases";
const std::string jobs = "/apis/batch/v1" + ns + "/jobs";
const std::string cron_jobs = "/apis/batch/v1" + ns + "/cronjobs";
const std::string pods = "/api/v1" + ns + "/pods";
const std::string sources
    = "/apis/volsync.backube/v1alpha1/namespaces/app/replicationsources";
const std::string hash = "0123456789abcdef";

std::string source_file(const std::string& name) {
  std::ifstream file{std::filesystem::path{HOLYSTONE_SOURCE_DIR} / name};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A cluster in which nothing happens but what is asked for.
struct quiet_server {
  static wire_options on_loopback() {
    wire_options options;
    options.http.address = "127.0.0.1";
    return options;
  }

  api_server server;
  virtual_clock clock{*parse_rfc3339("2026-11-21T05:00:00Z"), 0,
                      std::chrono::steady_clock::now()};
  wire front{on_loopback(), server, clock, [this](instant now) {
               return server.step(now);
             }};
  std::string kubeconfig_file
      = (std::filesystem::temp_directory_path()
         / ("holystone-release-" + std::to_string(getpid())))
            .string();

  quiet_server() {
    auto url = "http://127.0.0.1:" + std::to_string(front.port());
    REQUIRE_FALSE(write_private_file(kubeconfig_file, kubeconfig(url, {})));
    for (auto name : {"volsync-system", "app"})
      send("POST", "/api/v1/namespaces",
           json::object{{"metadata", {{"name", name}}}});
    send("POST", "/api/v1" + ns + "/serviceaccounts",
         json::object{{"metadata", {{"name", "default"}}}});
  }

  ~quiet_server() {
    std::filesystem::remove(kubeconfig_file);
  }

  json::value send(std::string method, std::string target, json::object body,
                   std::string type = "application/json") {
    json::value answer;
    front.inside([&](api_server& inside, instant now) {
      call what;
      what.method = method;
      what.target = target;
      what.content_type = type;
      what.body = json::serialize(body);
      auto got = inside.handle(what, now);
      INFO(got.body);
      CHECK(got.status < 300);
      answer = json::parse(got.body);
    });
    return answer;
  }

  /// The object; null when there is none.
  json::value get(std::string target) {
    json::value answer;
    front.inside([&](api_server& inside, instant now) {
      call what;
      what.target = target;
      auto got = inside.handle(what, now);
      if (got.status == 200)
        answer = json::parse(got.body);
    });
    return answer;
  }

  k8s_io::lease_fact lease() {
    return k8s_io::read_lease(get(leases + "/kopia-repository-" + hash));
  }

  /// A Lease that is held for a Job with this UID, and has a ledger.
  void hold(const std::string& uid) {
    send("POST", leases,
         {{"metadata",
           {{"name", "kopia-repository-" + hash},
            {"annotations",
             {{"volsync.backube/holder-job", "volsync-system/run"},
              {"volsync.backube/holder-deadline", "2026-11-21T12:00:00Z"},
              {"volsync.backube/winner", "ReplicationSource app/data"},
              {"volsync.backube/consecutive-failures", "3"},
              {"volsync.backube/last-failure", "no route"}}}}},
          {"spec",
           {{"holderIdentity", uid},
            {"acquireTime", "2026-11-21T02:00:00.000000Z"}}}});
  }

  /// The Job that runs, and its pod on a node; the Job's UID.
  std::string run_job() {
    auto pod = json::object{
        {"restartPolicy", "Never"},
        {"containers", json::array{{{"name", "k"}, {"image", "i:1"}}}}};
    auto job = send("POST", jobs,
                    {{"metadata", {{"name", "run"}}},
                     {"spec", {{"template", {{"spec", pod}}}}}});
    auto uid = std::string{job.at("metadata").at("uid").as_string()};
    pod["nodeName"] = "lost";
    send("POST", pods,
         {{"metadata",
           {{"name", "run-x"},
            {"labels", {{"batch.kubernetes.io/controller-uid", uid}}}}},
          {"spec", pod}});
    return uid;
  }

  test::run_outcome release(std::vector<std::string> more) {
    std::vector<std::string> words{"release", "--kubeconfig", kubeconfig_file,
                                   "--namespace", "volsync-system"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  }
};

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

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
  quiet_server here;
  here.front.inside([](api_server& inside, instant now) {
    for (const auto& entry : std::filesystem::directory_iterator{
             std::filesystem::path{HOLYSTONE_SOURCE_DIR} / "deploy/crds"})
      if (entry.path().extension() == ".yaml")
        REQUIRE_FALSE(inside.install(
            source_file("deploy/crds/" + entry.path().filename().string()),
            now));
  });
  CHECK(says(here.release({"app/data"}).err, "app/data is not there"));
  here.send("POST", sources,
            {{"apiVersion", "volsync.backube/v1alpha1"},
             {"kind", "ReplicationSource"},
             {"metadata", {{"name", "data"}}},
             {"spec", {{"sourcePVC", "data"}}}});
  here.send("PATCH", sources + "/data/status",
            {{"status", {{"kopia", {{"maintenanceCronJob", "kopia-x"}}}}}},
            "application/merge-patch+json");
  here.send(
      "POST", cron_jobs,
      {{"metadata",
        {{"name", "kopia-x"},
         {"labels", {{"volsync.backube/location-hash", hash}}}}},
       {"spec",
        {{"schedule", "0 2 * * *"},
         {"jobTemplate",
          {{"spec",
            {{"template",
              {{"spec",
                {{"restartPolicy", "Never"},
                 {"containers",
                  json::array{{{"name", "k"}, {"image", "i:1"}}}}}}}}}}}}}}});
  here.hold("gone");
  CHECK(here.release({"--yes", "app/data"}).exit_code == 0);
  CHECK_FALSE(here.lease().holder);
}

TEST_CASE("release: what is not there is named") {
  quiet_server here;
  auto told = here.release({hash});
  CHECK(told.exit_code == 1);
  CHECK(says(told.err, "no Lease volsync-system/kopia-repository-" + hash));
}
