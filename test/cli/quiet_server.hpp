#pragma once

// A simulated API server behind a port, in which nothing happens but what a
// test asks for, and `holystone release` run against it as a process. Included
// by the tests of that command.

#include "k8s_io/objects.hpp"
#include "simulator/kubeconfig.hpp"
#include "simulator/wire.hpp"
#include "test/cli/program_run.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace holystone::test {

using namespace holystone::simulator;
namespace json = boost::json;

inline const std::string ns = "/namespaces/volsync-system";
inline const std::string leases
    = "/apis/coordination.k8s.io/v1" + ns + "/leases";
inline const std::string jobs = "/apis/batch/v1" + ns + "/jobs";
inline const std::string cron_jobs = "/apis/batch/v1" + ns + "/cronjobs";
inline const std::string pods = "/api/v1" + ns + "/pods";
inline const std::string sources
    = "/apis/volsync.backube/v1alpha1/namespaces/app/replicationsources";
inline const std::string hash = "0123456789abcdef";

inline std::string source_file(const std::string& name) {
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

  /// The kinds of the claims.
  void define_kinds() {
    front.inside([](api_server& inside, instant now) {
      for (const auto& entry : std::filesystem::directory_iterator{
               std::filesystem::path{HOLYSTONE_SOURCE_DIR} / "deploy/crds"})
        if (entry.path().extension() == ".yaml")
          REQUIRE_FALSE(inside.install(
              source_file("deploy/crds/" + entry.path().filename().string()),
              now));
    });
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

  run_outcome release(std::vector<std::string> more,
                      const std::string& operator_namespace
                      = "volsync-system") {
    std::vector<std::string> words{"release", "--kubeconfig", kubeconfig_file,
                                   "--namespace", operator_namespace};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  }
};

} // namespace holystone::test
