#include "simulator/job_pods.hpp"

#include "k8s_io/fields.hpp"
#include "simulator/object_edit.hpp"

#include <algorithm>
#include <optional>

namespace holystone::simulator {

namespace json = boost::json;
namespace resources = k8s_io::resources;
using k8s_io::find;
using k8s_io::instant_at;
using k8s_io::items_at;
using k8s_io::members_at;
using k8s_io::text_at;

bool is_finished(const json::value& job) {
  return has_condition(job, "Complete") || has_condition(job, "Failed");
}

std::string phase_of(const json::value& pod) {
  return text_at(pod, "status", "phase");
}

bool has_ended(const json::value& pod) {
  auto phase = phase_of(pod);
  return phase == "Succeeded" || phase == "Failed";
}

instant end_of(const json::value& pod, instant now) {
  std::optional<instant> end;
  for (auto& status : items_at(pod, "status", "containerStatuses"))
    if (auto at = instant_at(status, "state", "terminated", "finishedAt"))
      end = std::max(end.value_or(*at), *at);
  return end.value_or(now);
}

bool answers_to(const json::value& pod, const json::value& job) {
  for (auto& want : members_at(job, "spec", "selector", "matchLabels"))
    if (text_at(pod, "metadata", "labels", std::string_view{want.key()})
        != std::string_view{want.value().as_string()})
      return false;
  return true;
}

json::value pod_of(const json::value& job) {
  const auto* found = find(job, "spec", "template");
  json::value pod = found == nullptr ? json::value(json::object{}) : *found;
  auto name = key_of(job).name;
  field(pod, {"apiVersion"}) = "v1";
  field(pod, {"kind"}) = "Pod";
  field(pod, {"metadata", "namespace"}) = key_of(job).ns;
  field(pod, {"metadata", "generateName"}) = name + "-";
  for (auto label : {"batch.kubernetes.io/job-name", "job-name"})
    field(pod, {"metadata", "labels", label}) = name;
  for (auto label : {"batch.kubernetes.io/controller-uid", "controller-uid"})
    field(pod, {"metadata", "labels", label}) = uid_of(job);
  list(pod, {"metadata", "finalizers"})
      .push_back(json::string{job_tracking_finalizer});
  list(pod, {"metadata", "ownerReferences"})
      .push_back(controller_reference(job, "batch/v1", "Job"));
  return pod;
}

void release_pod(store& view, const json::value& pod) {
  if (!has_finalizer(pod, job_tracking_finalizer))
    return;
  json::array rest;
  for (auto& entry : items_at(pod, "metadata", "finalizers"))
    if (entry != json::value(job_tracking_finalizer))
      rest.push_back(entry);
  json::value patch = {{"metadata",
                        {{"uid", uid_of(pod)},
                         {"finalizers", rest.empty() ? json::value(nullptr)
                                                     : json::value(rest)}}}};
  view.patch(resources::pods, key_of(pod), patch);
}

} // namespace holystone::simulator
