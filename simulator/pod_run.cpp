#include "simulator/pod_run.hpp"

#include "k8s_io/fields.hpp"
#include "simulator/object_edit.hpp"

#include <algorithm>
#include <utility>

namespace holystone::simulator {

namespace json = boost::json;
using k8s_io::integer_at;
using k8s_io::items_at;
using k8s_io::text_at;

namespace {

/// A way for a container to end, and when.
struct ending {
  instant at;
  int exit_code;
  std::string reason;
  std::string message;
};

std::optional<ending> ending_of(const running_pod& pod,
                                const running_container& container) {
  auto& run = container.run;
  std::optional<ending> found;
  if (run.duration)
    found = ending{pod.start + *run.duration, run.exit_code, run.reason,
                   run.message};
  if (!pod.told_to_end || (found && found->at <= *pod.told_to_end))
    return found;
  auto polite = *pod.told_to_end + run.patience;
  auto killed = *pod.told_to_end + pod.grace;
  if (found && found->at <= std::min(polite, killed))
    return found;
  if (polite <= killed)
    return ending{polite, run.term_exit_code, {}, run.term_message};
  return ending{killed, 137, {}, {}};
}

json::value status_of(const running_pod& pod,
                      const running_container& container) {
  json::value state;
  if (container.end)
    state = {{"terminated",
              {{"exitCode", container.exit_code},
               {"reason", container.reason},
               {"startedAt", to_rfc3339(pod.start)},
               {"finishedAt", to_rfc3339(*container.end)},
               {"containerID", "sim://" + pod.uid + "/" + container.name}}}};
  else
    state = {{"running", {{"startedAt", to_rfc3339(pod.start)}}}};
  if (container.end && !container.message.empty())
    field(state, {"terminated", "message"}) = container.message;
  return {{"name", container.name},
          {"image", container.image},
          {"imageID", container.image},
          {"containerID", "sim://" + pod.uid + "/" + container.name},
          {"restartCount", 0},
          {"ready", !container.end},
          {"started", !container.end},
          {"state", state}};
}

} // namespace

running_pod start_containers(const json::value& pod, const workload& what,
                             instant now) {
  running_pod running;
  running.uid = uid_of(pod);
  running.start = now;
  running.grace = seconds{
      integer_at(pod, "spec", "terminationGracePeriodSeconds").value_or(30)};
  for (auto& container : items_at(pod, "spec", "containers")) {
    running_container started;
    started.name = text_at(container, "name");
    started.image = text_at(container, "image");
    started.run = what(pod, container, now);
    running.containers.push_back(std::move(started));
  }
  return running;
}

std::optional<instant> advance(running_pod& running, instant now) {
  std::optional<instant> next;
  for (auto& container : running.containers) {
    if (container.end)
      continue;
    auto end = ending_of(running, container);
    if (!end)
      continue;
    if (end->at > now) {
      next = std::min(next.value_or(end->at), end->at);
      continue;
    }
    container.end = end->at;
    container.exit_code = end->exit_code;
    container.message = end->message;
    container.reason = end->reason;
    if (container.reason.empty())
      container.reason = end->exit_code == 0 ? "Completed" : "Error";
  }
  return next;
}

bool has_ended(const running_pod& running) {
  return std::all_of(running.containers.begin(), running.containers.end(),
                     [](auto& container) { return container.end.has_value(); });
}

std::string log_of(const running_pod& running) {
  std::string all;
  for (auto& container : running.containers)
    all += container.run.log;
  return all;
}

void set_pod_condition(json::value& pod, std::string_view type, bool status,
                       std::string_view reason, std::string_view message,
                       instant now) {
  json::value entry = {{"type", type},
                       {"status", status ? "True" : "False"},
                       {"lastProbeTime", nullptr},
                       {"lastTransitionTime", to_rfc3339(now)}};
  if (!reason.empty())
    field(entry, {"reason"}) = reason;
  if (!message.empty())
    field(entry, {"message"}) = message;
  for (auto& old : list(pod, {"status", "conditions"})) {
    if (text_at(old, "type") != type)
      continue;
    if (text_at(old, "status") == text_at(entry, "status"))
      field(entry, {"lastTransitionTime"}) = text_at(old, "lastTransitionTime");
    old = std::move(entry);
    return;
  }
  list(pod, {"status", "conditions"}).push_back(std::move(entry));
}

void show(const running_pod& running, json::value& pod) {
  auto ended = has_ended(running);
  auto bad = !running.reason.empty();
  auto last = running.start;
  json::array statuses;
  for (auto& container : running.containers) {
    statuses.push_back(status_of(running, container));
    bad = bad || container.exit_code != 0;
    last = std::max(last, container.end.value_or(last));
  }
  field(pod, {"status", "containerStatuses"}) = std::move(statuses);
  const auto* done = bad ? "Failed" : "Succeeded";
  field(pod, {"status", "phase"}) = ended ? done : "Running";
  if (ended && !running.reason.empty()) {
    field(pod, {"status", "reason"}) = running.reason;
    field(pod, {"status", "message"}) = running.message;
  }
  const auto* why = bad ? "PodFailed" : "PodCompleted";
  set_pod_condition(pod, "Initialized", true, {}, {}, running.start);
  for (auto type : {"Ready", "ContainersReady"})
    set_pod_condition(pod, type, !ended, ended ? why : "", {}, last);
}

} // namespace holystone::simulator
