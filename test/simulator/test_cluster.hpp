#pragma once

// A simulated server as the tests talk to it: one call a line, bodies as JSON
// text, answers parsed. No socket. Included by the tests of this folder.

#include "k8s_io/fields.hpp"
#include "simulator/api_server.hpp"
#include "simulator/kinds.hpp"
#include "simulator/target.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace holystone::simulator {

/// An answer with its body as a value.
struct answered {
  int status = 0;
  boost::json::value body;
  std::vector<std::string> warnings;

  std::string text(std::initializer_list<std::string_view> path) const {
    auto at = &body;
    for (auto name : path) {
      at = k8s_io::find(*at, name);
      if (at == nullptr)
        return {};
    }
    return at->is_string() ? std::string{at->as_string()}
                           : boost::json::serialize(*at);
  }

  std::string reason() const {
    return text({"reason"});
  }

  std::string message() const {
    return text({"message"});
  }

  std::string version() const {
    return text({"metadata", "resourceVersion"});
  }

  std::string uid() const {
    return text({"metadata", "uid"});
  }
};

/// A server with one namespace and a clock that stands still until it is moved.
struct test_cluster {
  explicit test_cluster(server_options options = {}) : server(options) {
    post("/api/v1/namespaces", R"({"metadata":{"name":"default"}})");
  }

  api_server server;
  instant now = *parse_rfc3339("2026-11-21T02:00:00Z");

  answered send(std::string method, std::string target, std::string body = {},
                std::string type = "application/json",
                std::string accept = {}) {
    call what;
    what.method = std::move(method);
    what.target = std::move(target);
    what.body = std::move(body);
    what.content_type = std::move(type);
    what.accept = std::move(accept);
    what.user_agent = "tester/1.0";
    auto got = server.handle(what, now);
    answered out;
    out.status = got.status;
    out.warnings = got.warnings;
    boost::system::error_code failed;
    out.body = boost::json::parse(got.body, failed);
    return out;
  }

  answered get(std::string target) {
    return send("GET", std::move(target));
  }

  answered post(std::string target, std::string body) {
    return send("POST", std::move(target), std::move(body));
  }

  answered put(std::string target, std::string body) {
    return send("PUT", std::move(target), std::move(body));
  }

  answered merge(std::string target, std::string body) {
    return send("PATCH", std::move(target), std::move(body),
                "application/merge-patch+json");
  }

  answered strategic(std::string target, std::string body) {
    return send("PATCH", std::move(target), std::move(body),
                "application/strategic-merge-patch+json");
  }

  answered json_patch(std::string target, std::string body) {
    return send("PATCH", std::move(target), std::move(body),
                "application/json-patch+json");
  }

  answered apply(std::string target, std::string body,
                 std::string manager = "applier", bool force = false) {
    body = with_type(target, std::move(body));
    target += "?fieldManager=" + manager;
    if (force)
      target += "&force=true";
    return send("PATCH", std::move(target), std::move(body),
                "application/apply-patch+yaml");
  }

  answered remove(std::string target, std::string body = {}) {
    return send("DELETE", std::move(target), std::move(body));
  }

  /// Adds apiVersion and kind, which an apply must carry, to a JSON body.
  std::string with_type(const std::string& target, std::string body) {
    auto where = parse_target(target);
    auto kind
        = server.kinds().find(where->group, where->version, where->plural);
    if (kind == nullptr || !body.starts_with("{"))
      return body;
    auto object = boost::json::parse(body);
    object.as_object()["apiVersion"] = kind->api_version();
    object.as_object()["kind"] = kind->kind;
    return boost::json::serialize(object);
  }

  watch_id watch(std::string target) {
    call what;
    what.target = std::move(target);
    auto got = server.handle(what, now);
    INFO(got.body);
    REQUIRE(got.watch);
    return *got.watch;
  }

  /// `TYPE name@version` of each event that is there.
  std::vector<std::string> events(watch_id id) {
    std::vector<std::string> out;
    std::istringstream lines{server.pull(id).lines};
    for (std::string line; std::getline(lines, line);) {
      auto event = boost::json::parse(line);
      out.push_back(k8s_io::text_at(event, "type") + " "
                    + k8s_io::text_at(event, "object", "metadata", "name"));
    }
    return out;
  }

  /// Runs garbage collection until nothing changes.
  void settle() {
    std::uint64_t before = 0;
    while (before != server.revision()) {
      before = server.revision();
      server.step(now);
    }
  }
};

/// A file of the source tree.
inline std::string source_file(const std::string& name) {
  std::ifstream file{std::filesystem::path{HOLYSTONE_SOURCE_DIR} / name};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline const std::string config_maps = "/api/v1/namespaces/default/configmaps";
inline const std::string secrets = "/api/v1/namespaces/default/secrets";
inline const std::string pods = "/api/v1/namespaces/default/pods";
inline const std::string jobs = "/apis/batch/v1/namespaces/default/jobs";
inline const std::string cron_jobs
    = "/apis/batch/v1/namespaces/default/cronjobs";
inline const std::string leases
    = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

/// A Job with one container, suspended.
inline std::string job_text(const std::string& name) {
  return R"({"metadata":{"name":")" + name + R"("},"spec":{"suspend":true,
    "template":{"spec":{"restartPolicy":"Never",
    "containers":[{"name":"c","image":"i:1"}]}}}})";
}

/// A CronJob of a schedule.
inline std::string cron_job_text(const std::string& name,
                                 const std::string& schedule,
                                 const std::string& more = {}) {
  return R"({"metadata":{"name":")" + name + R"("},"spec":{"schedule":")"
         + schedule + "\"" + more + R"(,"jobTemplate":{"spec":{"template":
    {"spec":{"restartPolicy":"Never",
    "containers":[{"name":"c","image":"i:1"}]}}}}}})";
}

} // namespace holystone::simulator
