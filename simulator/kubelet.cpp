#include "simulator/kubelet.hpp"

#include "k8s_io/fields.hpp"
#include "simulator/job_pods.hpp"
#include "simulator/object_edit.hpp"
#include "simulator/pod_needs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holystone::simulator {

namespace json = boost::json;
namespace resources = k8s_io::resources;
using k8s_io::instant_at;
using k8s_io::integer_at;
using k8s_io::items_at;
using k8s_io::members_at;
using k8s_io::text_at;

namespace {

/// How long the kubelet waits before it tries a mount again, at most.
constexpr seconds longest_retry{122};

/// When the pod's own deadline strikes; it counts from the moment the
/// node took the pod.
std::optional<instant> deadline_of(const json::value& pod) {
  auto start = instant_at(pod, "status", "startTime");
  auto limit = integer_at(pod, "spec", "activeDeadlineSeconds");
  if (!start || !limit)
    return std::nullopt;
  return *start + seconds{*limit};
}

} // namespace

kubelet::kubelet(api_server& server, workload what, node_options options)
    : server_(server), what_(std::move(what)), options_(std::move(options)) {
  options_.labels.try_emplace("kubernetes.io/hostname", options_.name);
}

void kubelet::freeze(bool cut_off) {
  frozen_ = cut_off;
}

std::optional<instant> kubelet::step(instant now) {
  if (frozen_)
    return std::nullopt;
  store view{server_, "kubelet", now};
  auto notice = [&] {
    for (auto& change : view.changes(resources::pods, pods_)) {
      if (change.deleted) {
        running_.erase(change.key);
        starting_.erase(change.key);
        retries_.erase(change.key);
      }
      queue_.add(change.key, now);
    }
  };
  notice();
  for (auto due = queue_.take(now); !due.empty(); due = queue_.take(now)) {
    for (auto& key : due)
      look_at(view, key);
    notice();
  }
  return queue_.next();
}

void kubelet::look_at(store& view, const object_key& key) {
  auto pod = view.get(resources::pods, key);
  if (!pod)
    return;
  auto running = running_.find(key);
  if (running != running_.end() && running->second.uid != uid_of(*pod)) {
    running_.erase(running);
    running = running_.end();
  }
  auto node = text_at(*pod, "spec", "nodeName");
  if (node.empty() && !is_deleting(*pod))
    bind(view, *pod);
  else if (node.empty())
    remove(view, *pod);
  else if (node != options_.name)
    return;
  else if (running != running_.end())
    follow(view, *pod, running->second);
  else if (has_ended(*pod))
    remove(view, *pod);
  else if (is_deleting(*pod))
    abandon(view, *pod);
  else
    await_start(view, *pod);
}

bool kubelet::fits(const json::value& pod) const {
  for (auto& want : members_at(pod, "spec", "nodeSelector")) {
    auto found = options_.labels.find(std::string{want.key()});
    if (found == options_.labels.end()
        || want.value() != json::value(found->second))
      return false;
  }
  return true;
}

void kubelet::retry(const object_key& key, instant now) {
  auto& tries = retries_[key];
  queue_.add(key, now + std::min(longest_retry, seconds{1 << tries}));
  tries = std::min(tries + 1, 7U);
}

void kubelet::bind(store& view, json::value pod) {
  auto key = key_of(pod);
  auto now = view.now();
  auto missing = missing_claim(view, pod);
  if (!missing && !fits(pod))
    missing = "0/1 nodes are available: 1 node(s) didn't match Pod's node "
              "affinity/selector.";
  if (missing) {
    auto before = pod;
    set_pod_condition(pod, "PodScheduled", false, "Unschedulable", *missing,
                      now);
    if (pod != before)
      view.update_status(resources::pods, pod);
    view.event(pod, "Warning", "FailedScheduling", *missing);
    retry(key, now);
    return;
  }
  json::value binding = {{"metadata", {{"uid", uid_of(pod)}}},
                         {"spec", {{"nodeName", options_.name}}}};
  auto bound = view.patch(resources::pods, key, binding);
  if (!bound) {
    retry(key, now);
    return;
  }
  retries_.erase(key);
  pod = *bound;
  set_pod_condition(pod, "PodScheduled", true, {}, {}, now);
  view.update_status(resources::pods, pod);
  view.event(pod, "Normal", "Scheduled",
             fmt::format("Successfully assigned {} to {}", to_string(key),
                         options_.name));
}

void kubelet::await_start(store& view, json::value pod) {
  auto key = key_of(pod);
  auto now = view.now();
  if (!instant_at(pod, "status", "startTime"))
    field(pod, {"status", "startTime"}) = to_rfc3339(now);
  if (auto deadline = deadline_of(pod)) {
    if (*deadline <= now) {
      field(pod, {"status", "reason"}) = "DeadlineExceeded";
      abandon(view, std::move(pod));
      return;
    }
    queue_.add(key, *deadline);
  }
  if (auto missing = missing_mount(view, pod)) {
    view.event(pod, "Warning", "FailedMount", *missing);
    wait_for(view, std::move(pod), "ContainerCreating", {});
    return;
  }
  if (auto missing = missing_environment(view, pod)) {
    view.event(pod, "Warning", "Failed", "Error: " + *missing);
    wait_for(view, std::move(pod), "CreateContainerConfigError", *missing);
    return;
  }
  auto [when, fresh] = starting_.try_emplace(key, now + options_.start_delay);
  if (when->second > now) {
    queue_.add(key, when->second);
    if (fresh)
      wait_for(view, std::move(pod), "ContainerCreating", {});
    return;
  }
  start(view, std::move(pod));
}

void kubelet::wait_for(store& view, json::value pod, std::string_view reason,
                       const std::string& message) {
  json::array statuses;
  for (auto& container : items_at(pod, "spec", "containers")) {
    json::value waiting = {{"reason", reason}};
    if (!message.empty())
      field(waiting, {"message"}) = message;
    statuses.push_back({{"name", text_at(container, "name")},
                        {"image", text_at(container, "image")},
                        {"imageID", ""},
                        {"restartCount", 0},
                        {"ready", false},
                        {"started", false},
                        {"state", {{"waiting", waiting}}}});
  }
  auto key = key_of(pod);
  auto before = view.get(resources::pods, key);
  field(pod, {"status", "phase"}) = "Pending";
  field(pod, {"status", "containerStatuses"}) = std::move(statuses);
  if (before && *before != pod)
    view.update_status(resources::pods, pod);
  if (!starting_.contains(key))
    retry(key, view.now());
}

void kubelet::start(store& view, json::value pod) {
  auto key = key_of(pod);
  starting_.erase(key);
  retries_.erase(key);
  auto& running = running_[key];
  running = start_containers(pod, what_, view.now());
  for (auto& container : running.containers) {
    view.event(pod, "Normal", "Pulled",
               fmt::format("Container image \"{}\" already present on machine",
                           container.image));
    view.event(pod, "Normal", "Created",
               "Created container: " + container.name);
    view.event(pod, "Normal", "Started", "Started container " + container.name);
  }
  field(pod, {"status", "hostIP"}) = "10.77.0.1";
  field(pod, {"status", "podIP"}) = "10.88.0.2";
  show(running, pod);
  if (auto written = view.update_status(resources::pods, pod))
    follow(view, *written, running);
  else
    queue_.add(key, view.now() + seconds{1});
}

void kubelet::abandon(store& view, json::value pod) {
  // Its containers never ran; the kubelet says so before it lets the pod go.
  starting_.erase(key_of(pod));
  field(pod, {"status", "phase"}) = "Failed";
  auto& statuses = field(pod, {"status", "containerStatuses"});
  if (statuses.is_array())
    for (auto& status : statuses.as_array())
      field(status, {"state"})
          = {{"terminated",
              {{"exitCode", 137},
               {"reason", "ContainerStatusUnknown"},
               {"message", "The container could not be located when the pod "
                           "was terminated"},
               {"startedAt", nullptr},
               {"finishedAt", nullptr}}}};
  set_pod_condition(pod, "Ready", false, "PodFailed", {}, view.now());
  view.update_status(resources::pods, pod);
  remove(view, pod);
}

void kubelet::follow(store& view, json::value pod, running_pod& running) {
  auto now = view.now();
  auto deadline = deadline_of(pod);
  if (deadline && *deadline <= now && !running.told_to_end) {
    running.told_to_end = *deadline;
    running.reason = "DeadlineExceeded";
    running.message
        = "Pod was active on the node longer than the specified deadline";
  }
  if (is_deleting(pod) && !running.told_to_end) {
    running.told_to_end = now;
    running.grace
        = seconds{integer_at(pod, "metadata", "deletionGracePeriodSeconds")
                      .value_or(running.grace.count())};
    for (auto& container : running.containers)
      view.event(pod, "Normal", "Killing",
                 "Stopping container " + container.name);
  }
  auto next = advance(running, now);
  auto before = pod;
  show(running, pod);
  if (pod != before && !view.update_status(resources::pods, pod)) {
    queue_.add(key_of(pod), now + seconds{1});
    return;
  }
  if (!has_ended(running)) {
    if (deadline && !running.told_to_end)
      next = std::min(next.value_or(*deadline), *deadline);
    if (next)
      queue_.add(key_of(pod), *next);
    return;
  }
  view.set_log(key_of(pod), log_of(running));
  running_.erase(key_of(pod));
  remove(view, pod);
}

void kubelet::remove(store& view, const json::value& pod) {
  if (!is_deleting(pod))
    return;
  removal how;
  how.uid = uid_of(pod);
  how.grace = 0;
  view.remove(resources::pods, key_of(pod), how);
}

} // namespace holystone::simulator
