#pragma once

// An API server with its controllers and one node on virtual time, for tests
// of the simulated controllers. Nothing happens between two instants at which
// somebody wants to run, so time jumps from one to the next.

#include "k8s_io/fields.hpp"
#include "simulator/control_plane.hpp"
#include "simulator/object_edit.hpp"
#include "simulator/store.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::simulator {

namespace json = boost::json;
namespace resources = k8s_io::resources;
using k8s_io::find;
using k8s_io::integer_at;
using k8s_io::items_at;
using k8s_io::text_at;

/// `2026-11-21` and a time of day.
inline instant at(std::string_view time_of_day,
                  std::string_view day = "2026-11-21") {
  return *parse_rfc3339(std::string{day} + "T" + std::string{time_of_day}
                        + "Z");
}

class virtual_cluster {
public:
  explicit virtual_cluster(instant start = at("00:00:00"),
                           node_options node = {}, int minor = 36)
      : server_({.minor = minor}), now_(start),
        control_plane_(
            server_,
            [this](auto& pod, auto& container, instant when) {
              return behave(pod, container, when);
            },
            std::move(node)) {
    make(resources::namespaces, R"({"metadata":{"name":"apps"}})");
  }

  /// What containers do from now on.
  workload behave = [](auto&, auto&, instant) {
    return container_run{};
  };

  instant now() const {
    return now_;
  }

  store view(std::string manager = "kubectl") {
    return {server_, std::move(manager), now_};
  }

  kubelet& node() {
    return control_plane_.node();
  }

  /// Lets everybody do what is due now.
  void settle() {
    wake_ = control_plane_.step(now_);
  }

  /// Runs until an instant, stopping at every alarm on the way.
  void run_to(instant until) {
    settle();
    while (wake_ && *wake_ <= until) {
      now_ = std::max(now_, *wake_);
      settle();
    }
    now_ = until;
    settle();
  }

  void run_for(seconds span) {
    run_to(now_ + span);
  }

  /// The same server with fresh controllers.
  void restart_controllers() {
    control_plane_.restart_controllers();
    settle();
  }

  /// Time passes while kube-controller-manager is down.
  void sleep_to(instant until) {
    now_ = until;
  }

  json::value make(const k8s_io::resource& kind, std::string_view text) {
    auto object = json::parse({text.data(), text.size()});
    if (kind.namespaced && text_at(object, "metadata", "namespace").empty())
      field(object, {"metadata", "namespace"}) = "apps";
    auto made = view().create(kind, object);
    INFO(json::serialize(made.object));
    REQUIRE(made);
    return *made;
  }

  json::value patch(const k8s_io::resource& kind, std::string_view name,
                    std::string_view merge, std::string_view sub = {}) {
    auto done = view().patch(kind, {"apps", std::string{name}},
                             json::parse({merge.data(), merge.size()}), sub);
    INFO(json::serialize(done.object));
    REQUIRE(done);
    return *done;
  }

  json::value get(const k8s_io::resource& kind, std::string_view name) {
    auto found = view().get(kind, {"apps", std::string{name}});
    INFO(name);
    REQUIRE(found);
    return *found;
  }

  bool exists(const k8s_io::resource& kind, std::string_view name) {
    return static_cast<bool>(view().get(kind, {"apps", std::string{name}}));
  }

  std::vector<std::string> names(const k8s_io::resource& kind) {
    std::vector<std::string> found;
    for (auto& object : view().list(kind, "apps"))
      found.push_back(key_of(object).name);
    std::sort(found.begin(), found.end());
    return found;
  }

  std::vector<json::value> pods() {
    return view().list(resources::pods, "apps");
  }

  /// The pods that no kubelet reported as ended.
  std::vector<json::value> live_pods() {
    auto all = pods();
    std::erase_if(all, [](auto& pod) {
      auto phase = text_at(pod, "status", "phase");
      return phase == "Succeeded" || phase == "Failed";
    });
    return all;
  }

  /// Messages of the events of one reason, in the order of their names.
  std::vector<std::string> events(std::string_view reason) {
    std::vector<std::string> found;
    for (auto& event : view().list(resources::events, "apps"))
      if (text_at(event, "reason") == reason)
        found.push_back(text_at(event, "message"));
    return found;
  }

private:
  api_server server_;
  instant now_;
  std::optional<instant> wake_;
  control_plane control_plane_;
};

} // namespace holystone::simulator
