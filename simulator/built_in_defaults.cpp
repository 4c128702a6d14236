#include "simulator/built_in.hpp"
#include "simulator/object_edit.hpp"

#include "k8s_io/base64.hpp"

#include <fmt/format.h>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

void set_default(json::value& object, std::string_view name,
                 json::value value) {
  if (!object.is_object())
    return;
  auto& slot = object.as_object()[name];
  if (slot.is_null())
    slot = std::move(value);
}

template <class Fun>
void for_each_item(json::value& object, std::string_view name, Fun run) {
  if (!object.is_object())
    return;
  auto found = object.as_object().if_contains(name);
  if (found == nullptr || !found->is_array())
    return;
  for (auto& item : found->as_array())
    if (item.is_object())
      run(item);
}

template <class Fun>
void with_member(json::value& object, std::string_view name, Fun run) {
  if (auto members = object.if_object())
    if (auto found = members->if_contains(name); found && found->is_object())
      run(*found);
}

// Empty lists, maps and texts of optional fields are not stored.
void drop_empty(json::value& object,
                std::initializer_list<std::string_view> names) {
  auto members = object.if_object();
  if (members == nullptr)
    return;
  for (auto name : names) {
    auto found = members->if_contains(name);
    if (found == nullptr)
      continue;
    bool empty = found->is_null()
                 || (found->is_array() && found->as_array().empty())
                 || (found->is_object() && found->as_object().empty())
                 || (found->is_string() && found->as_string().empty());
    if (empty)
      members->erase(name);
  }
}

void default_probe(json::value& probe) {
  set_default(probe, "timeoutSeconds", 1);
  set_default(probe, "periodSeconds", 10);
  set_default(probe, "successThreshold", 1);
  set_default(probe, "failureThreshold", 3);
  with_member(probe, "httpGet", [](json::value& get) {
    set_default(get, "path", "/");
    set_default(get, "scheme", "HTTP");
  });
}

// Without a tag, or with `latest`, an image is pulled each time.
json::string_view pull_policy(const std::string& image) {
  auto name = image.substr(0, image.find('@'));
  bool digest = name.size() != image.size();
  auto slash = name.rfind('/');
  auto colon = name.rfind(':');
  bool tagged = colon != std::string::npos
                && (slash == std::string::npos || colon > slash);
  bool latest = !tagged || name.substr(colon) == ":latest";
  return latest && !(digest && !tagged) ? json::string_view{"Always"}
                                        : json::string_view{"IfNotPresent"};
}

void default_environment(json::value& container) {
  for_each_item(container, "env", [](json::value& each) {
    drop_empty(each, {"value"});
    with_member(each, "valueFrom", [](json::value& from) {
      with_member(from, "fieldRef", [](json::value& reference) {
        set_default(reference, "apiVersion", "v1");
      });
    });
  });
}

void default_container(json::value& container) {
  set_default(container, "terminationMessagePath", "/dev/termination-log");
  set_default(container, "terminationMessagePolicy", "File");
  set_default(container, "imagePullPolicy",
              pull_policy(k8s_io::text_at(container, "image")));
  set_default(container, "resources", json::object{});
  for_each_item(container, "ports", [](json::value& port) {
    set_default(port, "protocol", "TCP");
  });
  for (auto name : {"livenessProbe", "readinessProbe", "startupProbe"})
    with_member(container, name, default_probe);
  default_environment(container);
  with_member(container, "resources", [](json::value& resources) {
    drop_empty(resources, {"limits", "requests", "claims"});
  });
  drop_empty(container, {"args", "command", "env", "envFrom", "ports",
                         "volumeMounts", "volumeDevices", "workingDir"});
}

void default_volume(json::value& volume) {
  if (volume.as_object().size() == 1)
    volume.as_object()["emptyDir"] = json::object{};
  for (auto name : {"secret", "configMap", "downwardAPI", "projected"})
    with_member(volume, name, [](json::value& source) {
      set_default(source, "defaultMode", 420);
    });
  with_member(volume, "hostPath",
              [](json::value& source) { set_default(source, "type", ""); });
  auto field_reference = [](json::value& item) {
    with_member(item, "fieldRef", [](json::value& reference) {
      set_default(reference, "apiVersion", "v1");
    });
  };
  with_member(volume, "downwardAPI", [&](json::value& source) {
    for_each_item(source, "items", field_reference);
  });
  with_member(volume, "projected", [&](json::value& source) {
    for_each_item(source, "sources", [&](json::value& each) {
      with_member(each, "serviceAccountToken", [](json::value& token) {
        set_default(token, "expirationSeconds", 3600);
      });
      with_member(each, "downwardAPI", [&](json::value& down) {
        for_each_item(down, "items", field_reference);
      });
    });
  });
}

// The old name of serviceAccountName is kept equal to it.
void mirror_service_account(json::value& spec) {
  auto account = k8s_io::text_at(spec, "serviceAccountName");
  if (account.empty())
    account = k8s_io::text_at(spec, "serviceAccount");
  if (account.empty())
    return;
  spec.as_object()["serviceAccountName"] = account;
  spec.as_object()["serviceAccount"] = account;
}

void default_pod_spec(json::value& spec) {
  set_default(spec, "restartPolicy", "Always");
  set_default(spec, "terminationGracePeriodSeconds", 30);
  set_default(spec, "dnsPolicy", "ClusterFirst");
  set_default(spec, "securityContext", json::object{});
  set_default(spec, "schedulerName", "default-scheduler");
  mirror_service_account(spec);
  for (auto name : {"containers", "initContainers"})
    for_each_item(spec, name, default_container);
  for_each_item(spec, "volumes", default_volume);
  drop_empty(spec, {"volumes", "initContainers", "nodeSelector", "tolerations",
                    "imagePullSecrets", "serviceAccountName", "serviceAccount",
                    "hostAliases", "affinity", "nodeName", "hostname",
                    "subdomain", "priorityClassName"});
}

void tidy_template(json::value& pods) {
  if (!pods.is_object())
    return;
  auto& metadata = pods.as_object()["metadata"];
  if (!metadata.is_object())
    metadata.emplace_object();
  drop_empty(metadata, {"labels", "annotations", "creationTimestamp", "name",
                        "namespace", "finalizers", "ownerReferences"});
}

void default_template(json::value& owner) {
  set_default(owner, "template", json::object{});
  with_member(owner, "template", [](json::value& pods) {
    tidy_template(pods);
    set_default(pods, "spec", json::object{});
    with_member(pods, "spec", default_pod_spec);
  });
}

// Only pods, never templates: requests follow limits, and what admission
// plug-ins add to every pod.
void default_pod(json::value& pod) {
  auto& spec = field(pod, {"spec"});
  if (!spec.is_object())
    return;
  default_pod_spec(spec);
  set_default(spec, "enableServiceLinks", true);
  for (auto name : {"containers", "initContainers"})
    for_each_item(spec, name, [](json::value& container) {
      with_member(container, "resources", [](json::value& resources) {
        auto limits = k8s_io::members_at(resources, "limits");
        if (!limits.empty())
          set_default(resources, "requests", json::object{});
        for (auto& each : limits)
          set_default(field(resources, {"requests"}), each.key(), each.value());
      });
    });
}

void default_job(json::value& job) {
  auto& spec = field(job, {"spec"});
  if (!spec.is_object())
    return;
  default_template(spec);
  if (k8s_io::find(spec, "completions") == nullptr
      && k8s_io::find(spec, "parallelism") == nullptr)
    set_default(spec, "completions", 1);
  set_default(spec, "parallelism", 1);
  set_default(spec, "completionMode", "NonIndexed");
  if (k8s_io::find(spec, "backoffLimitPerIndex") == nullptr)
    set_default(spec, "backoffLimit", 6);
  set_default(spec, "suspend", false);
  set_default(spec, "manualSelector", false);
  bool policy = k8s_io::find(spec, "podFailurePolicy") != nullptr;
  set_default(spec, "podReplacementPolicy",
              policy ? "Failed" : "TerminatingOrFailed");
  auto labels = k8s_io::members_at(spec, "template", "metadata", "labels");
  if (k8s_io::find(job, "metadata", "labels") == nullptr && !labels.empty())
    field(job, {"metadata", "labels"}) = labels;
}

void default_cron_job(json::value& cron_job) {
  auto& spec = field(cron_job, {"spec"});
  if (!spec.is_object())
    return;
  set_default(spec, "concurrencyPolicy", "Allow");
  set_default(spec, "suspend", false);
  set_default(spec, "successfulJobsHistoryLimit", 3);
  set_default(spec, "failedJobsHistoryLimit", 1);
  // A CronJob's template gets the defaults of pods, not those of Jobs.
  with_member(spec, "jobTemplate", [](json::value& jobs) {
    tidy_template(jobs);
    with_member(jobs, "spec", default_template);
  });
}

void default_secret(json::value& secret) {
  set_default(secret, "type", "Opaque");
  auto texts = k8s_io::members_at(secret, "stringData");
  for (auto& each : texts)
    if (auto text = each.value().if_string())
      field(secret, {"data", each.key()}) = k8s_io::to_base64(*text);
  secret.as_object().erase("stringData");
  drop_empty(secret, {"data"});
}

void default_claim(json::value& claim) {
  auto& spec = field(claim, {"spec"});
  set_default(spec, "volumeMode", "Filesystem");
}

} // namespace

void set_built_in_defaults(const kind_info& kind, json::value& object) {
  if (kind.kind == "Pod")
    default_pod(object);
  else if (kind.kind == "Job")
    default_job(object);
  else if (kind.kind == "CronJob")
    default_cron_job(object);
  else if (kind.kind == "Secret")
    default_secret(object);
  else if (kind.kind == "ConfigMap")
    drop_empty(object, {"data", "binaryData"});
  else if (kind.kind == "PersistentVolumeClaim")
    default_claim(object);
  else if (kind.kind == "PersistentVolume")
    set_default(field(object, {"spec"}), "persistentVolumeReclaimPolicy",
                "Retain");
  else if (kind.kind == "Namespace")
    field(object, {"metadata", "labels", "kubernetes.io/metadata.name"})
        = k8s_io::text_at(object, "metadata", "name");
}

} // namespace holystone::simulator
