#pragma once

// A simulated API server for commands that only look: it counts what it is
// asked by method, and refuses what a test forbids as a real server does for
// who lacks a right. Watches it has none. Included by the tests of get, why and
// doctor.

#include "metrics/http_server.hpp"
#include "simulator/api_server.hpp"
#include "simulator/discovery.hpp"
#include "simulator/kubeconfig.hpp"
#include "test/cli/program_run.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>

namespace holystone::test {

namespace json = boost::json;

inline instant this_moment() {
  return std::chrono::floor<seconds>(std::chrono::system_clock::now());
}

class read_server {
public:
  read_server() {
    auto url = "http://127.0.0.1:" + std::to_string(front_.port());
    REQUIRE_FALSE(simulator::write_private_file(
        kubeconfig_file, simulator::kubeconfig(url, {})));
    for (auto name : {"volsync-system", "shop"})
      make("/api/v1/namespaces", {{"metadata", {{"name", name}}}});
  }

  ~read_server() {
    std::filesystem::remove(kubeconfig_file);
  }

  /// The kinds of the claims.
  void define_kinds() {
    for (const auto& entry : std::filesystem::directory_iterator{
             std::filesystem::path{HOLYSTONE_SOURCE_DIR} / "deploy/crds"})
      if (entry.path().extension() == ".yaml") {
        std::ifstream file{entry.path()};
        std::stringstream text;
        text << file.rdbuf();
        std::lock_guard guard{mutex_};
        REQUIRE_FALSE(server_.install(text.str(), this_moment()));
      }
  }

  json::value make(const std::string& target, json::object what) {
    return send("POST", target, "application/json", what);
  }

  /// As a kubelet does.
  void set_status(const std::string& target, json::object what) {
    send("PATCH", target + "/status", "application/merge-patch+json",
         {{"status", std::move(what)}});
  }

  /// The operator's Lease, renewed that long ago.
  void let_lead(const std::string& holder, seconds ago = seconds{0}) {
    auto time = to_rfc3339(this_moment() - ago);
    time.insert(time.size() - 1, ".000000");
    make("/apis/coordination.k8s.io/v1/namespaces/volsync-system/leases",
         {{"metadata", {{"name", "holystone-leader"}}},
          {"spec",
           {{"holderIdentity", holder},
            {"leaseDurationSeconds", 15},
            {"acquireTime", time},
            {"renewTime", time}}}});
  }

  /// A source in `shop` that wants maintenance, and its Secret.
  void add_source(const std::string& name) {
    make("/api/v1/namespaces/shop/secrets",
         {{"metadata", {{"name", name}}},
          {"stringData",
           {{"KOPIA_REPOSITORY", "s3://company/" + name},
            {"KOPIA_PASSWORD", "p"},
            {"AWS_S3_ENDPOINT", "s3.example.com"},
            {"AWS_ACCESS_KEY_ID", "a"},
            {"AWS_SECRET_ACCESS_KEY", "b"}}}});
    make("/apis/volsync.backube/v1alpha1/namespaces/shop/replicationsources",
         {{"apiVersion", "volsync.backube/v1alpha1"},
          {"kind", "ReplicationSource"},
          {"metadata", {{"name", name}}},
          {"spec",
           {{"sourcePVC", "data"},
            {"kopia",
             {{"repository", name},
              {"maintenanceCronJob", {{"schedule", "0 3 * * *"}}}}}}}});
  }

  /// Paths that begin like this are refused from now on.
  void forbid(const std::string& begin) {
    std::lock_guard guard{mutex_};
    forbidden_.insert(begin);
  }

  /// What the simulated cluster doesn't model is answered like this.
  void show(const std::string& path, json::object what) {
    std::lock_guard guard{mutex_};
    shown_[path] = json::serialize(what);
  }

  /// Which Kubernetes it says it is from now on.
  void is_version(const std::string& version) {
    std::lock_guard guard{mutex_};
    version_ = version;
  }

  /// Says no to reviews of this verb and resource from now on.
  void deny(const std::string& verb, const std::string& resource) {
    std::lock_guard guard{mutex_};
    denied_.insert(verb + " " + resource);
  }

  /// Who was asked about in reviews; empty: whoever asks.
  std::set<std::string> reviewed() {
    std::lock_guard guard{mutex_};
    return reviewed_;
  }

  /// How often it was asked with another method than GET.
  int writes() {
    std::lock_guard guard{mutex_};
    auto all = 0;
    for (const auto& [method, count] : asked_)
      all += method == "GET" ? 0 : count;
    return all;
  }

  int reads() {
    std::lock_guard guard{mutex_};
    return asked_["GET"];
  }

  int watches() {
    std::lock_guard guard{mutex_};
    return watches_;
  }

  /// Runs `holystone` on this cluster.
  run_outcome run(std::vector<std::string> words) {
    words.insert(words.end(), {"--kubeconfig", kubeconfig_file,
                               "--operator-namespace", "volsync-system"});
    return run_program(words);
  }

  const std::string kubeconfig_file
      = (std::filesystem::temp_directory_path()
         / ("holystone-look-" + std::to_string(getpid())))
            .string();

private:
  json::value send(const std::string& method, const std::string& target,
                   const std::string& type, const json::object& what) {
    simulator::call call;
    call.method = method;
    call.target = target;
    call.content_type = type;
    call.body = json::serialize(what);
    std::lock_guard guard{mutex_};
    auto got = server_.handle(call, this_moment());
    INFO(got.body);
    REQUIRE(got.status < 300);
    return json::parse(got.body);
  }

  static metrics::http_options on_loopback() {
    metrics::http_options options;
    options.address = "127.0.0.1";
    options.limits.body_bytes = 1 << 20;
    return options;
  }

  static simulator::reply refusal(const std::string& what) {
    simulator::reply told;
    told.status = 403;
    told.body = json::serialize(json::object{
        {"kind", "Status"},
        {"status", "Failure"},
        {"reason", "Forbidden"},
        {"code", 403},
        {"message", what + " is forbidden: User \"jane\" may not"}});
    return told;
  }

  /// A review of access, as a cluster with RBAC answers it.
  simulator::reply review(const std::string& body) {
    auto what = json::parse(body).as_object();
    const auto& spec = what.at("spec").as_object();
    const auto* user = spec.if_contains("user");
    reviewed_.insert(user ? std::string{user->as_string()} : std::string{});
    const auto& about = spec.at("resourceAttributes").as_object();
    auto asked = std::string{about.at("verb").as_string()} + " "
                 + std::string{about.at("resource").as_string()};
    what["status"] = json::object{{"allowed", denied_.count(asked) == 0}};
    simulator::reply told;
    told.status = 201;
    told.body = json::serialize(what);
    return told;
  }

  simulator::reply answer(const metrics::http_request& asked) {
    std::lock_guard guard{mutex_};
    ++asked_[asked.method];
    watches_ += says(asked.target, "watch=true") ? 1 : 0;
    for (const auto& begin : forbidden_)
      if (asked.target.starts_with(begin))
        return refusal(begin.substr(begin.rfind('/') + 1));
    if (auto found = shown_.find(asked.target); found != shown_.end()) {
      simulator::reply told;
      told.body = found->second;
      return told;
    }
    if (asked.target.starts_with("/apis/authorization.k8s.io/v1/")) {
      --asked_[asked.method]; // it asks and leaves nothing behind
      return review(asked.body);
    }
    simulator::call what;
    what.method = asked.method;
    what.target = asked.target;
    what.body = asked.body;
    what.content_type
        = asked.headers.find("Content-Type").value_or("application/json");
    what.accept = asked.headers.find("Accept").value_or("");
    if (auto page = simulator::discover(what, server_.kinds(), version_))
      return *page;
    return server_.handle(what, this_moment());
  }

  std::mutex mutex_;
  simulator::api_server server_;
  std::set<std::string> forbidden_;
  std::map<std::string, std::string> shown_;
  std::set<std::string> denied_;
  std::set<std::string> reviewed_;
  std::map<std::string, int> asked_;
  int watches_ = 0;
  std::string version_ = "v1.36.0";
  metrics::http_server front_{
      on_loopback(),
      [this](const std::shared_ptr<metrics::http_exchange>& exchange) {
        auto got = answer(exchange->request());
        exchange->respond({got.status, got.content_type, {}, got.body});
      }};
};

} // namespace holystone::test
