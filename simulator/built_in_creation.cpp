#include "simulator/built_in.hpp"
#include "simulator/object_edit.hpp"

#include <fmt/format.h>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

// The selector and the labels by which a Job finds its pods.
void generate_selector(json::value& job) {
  if (k8s_io::flag_at(job, "spec", "manualSelector").value_or(false))
    return;
  auto uid = uid_of(job);
  auto name = k8s_io::text_at(job, "metadata", "name");
  auto& labels = field(job, {"spec", "template", "metadata", "labels"});
  if (!labels.is_object())
    labels.emplace_object();
  for (auto& [key, value] :
       {std::pair<std::string_view, std::string>{"controller-uid", uid},
        {"batch.kubernetes.io/controller-uid", uid},
        {"job-name", name},
        {"batch.kubernetes.io/job-name", name}})
    labels.as_object().emplace(key, value);
  auto& wanted = field(job, {"spec", "selector", "matchLabels"});
  if (!wanted.is_object())
    wanted.emplace_object();
  wanted.as_object().emplace("batch.kubernetes.io/controller-uid", uid);
}

std::string qos_class(const json::value& pod) {
  bool any = false;
  bool guaranteed = true;
  for (auto& each : k8s_io::items_at(pod, "spec", "containers")) {
    auto& limits = k8s_io::members_at(each, "resources", "limits");
    auto& requests = k8s_io::members_at(each, "resources", "requests");
    any = any || !limits.empty() || !requests.empty();
    for (auto name : {"cpu", "memory"}) {
      auto limit = limits.if_contains(name);
      auto request = requests.if_contains(name);
      guaranteed = guaranteed && limit && request && *limit == *request;
    }
  }
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

json::object no_execute(std::string_view key) {
  return {{"key", key},
          {"operator", "Exists"},
          {"effect", "NoExecute"},
          {"tolerationSeconds", 300}};
}

void add_tolerations(json::value& pod) {
  auto& tolerations = list(pod, {"spec", "tolerations"});
  for (auto key :
       {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    bool there = false;
    for (auto& each : tolerations)
      there = there || k8s_io::text_at(each, "key") == key;
    if (!there)
      tolerations.emplace_back(no_execute(key));
  }
}

// What the admission plug-ins that are on by default add to each pod.
void admit_pod(json::value& pod) {
  auto& spec = pod.as_object()["spec"].as_object();
  for (auto name : {"serviceAccountName", "serviceAccount"})
    if (!spec.contains(name))
      spec[name] = "default";
  if (!spec.contains("priority")) {
    spec["priority"] = 0;
    spec["preemptionPolicy"] = "PreemptLowerPriority";
  }
  add_tolerations(pod);
  pod.as_object()["status"]
      = json::object{{"phase", "Pending"}, {"qosClass", qos_class(pod)}};
}

} // namespace

void prepare_creation(const kind_info& kind, json::value& object) {
  auto& root = object.as_object();
  if (kind.kind == "Job") {
    // Labels that were defaulted are the template's own, also after this.
    auto own = k8s_io::find(object, "metadata", "labels");
    auto pods = k8s_io::find(object, "spec", "template", "metadata", "labels");
    bool shared = own != nullptr && pods != nullptr && *own == *pods;
    generate_selector(object);
    if (shared)
      field(object, {"metadata", "labels"})
          = field(object, {"spec", "template", "metadata", "labels"});
    root["status"] = json::object{};
  } else if (kind.kind == "CronJob") {
    root["status"] = json::object{};
  } else if (kind.kind == "Pod") {
    if (k8s_io::find(object, "spec") != nullptr && root["spec"].is_object())
      admit_pod(object);
  } else if (kind.kind == "Namespace") {
    field(object, {"spec", "finalizers"}) = json::array{"kubernetes"};
    field(object, {"status", "phase"}) = "Active";
  } else if (kind.kind == "PersistentVolumeClaim"
             || kind.kind == "PersistentVolume") {
    field(object, {"status", "phase"}) = "Pending";
  }
}

void complete_creation(const kind_info& kind, json::value& object) {
  if (kind.id() == "jobs.batch"
      && k8s_io::find(object, "metadata", "labels") == nullptr)
    field(object, {"metadata", "labels"})
        = field(object, {"spec", "template", "metadata", "labels"});
}

void prepare_update(const kind_info& kind, json::value& object) {
  if (kind.id() == "pods" && object.as_object().contains("spec"))
    add_tolerations(object);
}

} // namespace holystone::simulator
