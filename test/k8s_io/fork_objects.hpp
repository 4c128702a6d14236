#pragma once

// Objects such as the VolSync fork wrote them in each of its generations
// (fork-behaviour G1.5, G2.7), with the names that it gave them. Made for the
// tests of migration; nothing of them is ours.

#include <boost/json.hpp>

#include <string>

namespace holystone::test::fork {

namespace json = boost::json;

/// The names of the first generations: the hash never agrees with ours.
inline const std::string name_g1a = "kopia-maintenance-d1906fd901e50439";
inline const std::string name_g1b = "kopia-maintenance-171ccd1782577e64";

inline json::array environment(const std::string& direction = "maintenance") {
  return {{{"name", "DIRECTION"}, {"value", direction}},
          {{"name", "DATA_DIR"}, {"value", "/data"}},
          {{"name", "KOPIA_CACHE_DIR"}, {"value", "/cache"}}};
}

/// The one container of a pod that maintains.
inline json::object container(const std::string& secret, json::array command,
                              json::array args) {
  return {{"name", "kopia-maintenance"},
          {"image", "localhost/volsync:fork"},
          {"imagePullPolicy", "IfNotPresent"},
          {"command", std::move(command)},
          {"args", std::move(args)},
          {"env", environment()},
          {"envFrom", {{{"secretRef", {{"name", secret}}}}}},
          {"volumeMounts", {{{"name", "cache"}, {"mountPath", "/cache"}}}}};
}

inline json::object pod_spec(json::object mover,
                             const std::string& restart = "OnFailure") {
  return {
      {"restartPolicy", restart},
      {"serviceAccountName", "default"},
      {"securityContext",
       {{"runAsNonRoot", true}, {"fsGroup", 1000}, {"runAsUser", 1000}}},
      {"containers", json::array{std::move(mover)}},
      {"volumes", {{{"name", "cache"}, {"emptyDir", {{"sizeLimit", "1Gi"}}}}}}};
}

inline json::object pod_spec_g1(const std::string& secret,
                                const std::string& script
                                = "/mover-kopia/entry.sh maintenance") {
  return pod_spec(container(secret, {"/bin/bash", "-c"}, {script}));
}

inline json::object pod_spec_g2(const std::string& secret,
                                const std::string& restart = "OnFailure") {
  return pod_spec(container(secret, {"/mover-kopia/entry.sh"}, {}), restart);
}

inline json::object cron_job(const std::string& ns, const std::string& name,
                             json::object labels, json::object pod_labels,
                             json::object spec) {
  return {{"apiVersion", "batch/v1"},
          {"kind", "CronJob"},
          {"metadata",
           {{"name", name}, {"namespace", ns}, {"labels", std::move(labels)}}},
          {"spec",
           {{"schedule", "0 2 * * *"},
            {"concurrencyPolicy", "Forbid"},
            {"suspend", false},
            {"successfulJobsHistoryLimit", 3},
            {"failedJobsHistoryLimit", 1},
            {"jobTemplate",
             {{"spec",
               {{"backoffLimit", 3},
                {"template",
                 {{"metadata", {{"labels", std::move(pod_labels)}}},
                  {"spec", std::move(spec)}}}}}}}}}};
}

/// G1a: beside its source, with the source's own Secret.
inline json::object cron_job_g1a(const std::string& ns) {
  json::object labels{{"volsync.backube/kopia-maintenance", "true"},
                      {"volsync.backube/repository-hash", "d1906fd901e50439"},
                      {"volsync.backube/namespace", ns}};
  return cron_job(ns, name_g1a, labels, labels, pod_spec_g1("kopia"));
}

/// The same with the label by which the fork's page finds them.
inline json::object cron_job_s0(const std::string& ns) {
  json::object labels{{"volsync.backube/maintenance-cronjob", "true"}};
  return cron_job(ns, name_g1a, labels, labels,
                  pod_spec_g1("kopia", "/entry.sh maintenance"));
}

/// G1b: in the operator's namespace, with a copy of the Secret of `ns`.
inline json::object cron_job_g1b(const std::string& ns) {
  json::object pods{{"volsync.backube/kopia-maintenance", "true"},
                    {"volsync.backube/repository-hash", "171ccd1782577e64"}};
  auto labels = pods;
  labels["volsync.backube/source-namespace"] = ns;
  labels["volsync.backube/created-by"] = "data";
  auto made
      = cron_job("volsync-system", name_g1b, std::move(labels), std::move(pods),
                 pod_spec_g1("maintenance-" + ns + "-kopia"));
  made["metadata"].as_object()["annotations"]
      = json::object{{"volsync.backube/repository-config", "kopia"},
                     {"volsync.backube/source-namespace", ns}};
  return made;
}

/// The copy that a CronJob of G1b works with; `data` is the original's.
inline json::object copy_g1b(const std::string& ns, json::object data) {
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"metadata",
           {{"name", "maintenance-" + ns + "-kopia"},
            {"namespace", "volsync-system"},
            {"labels",
             {{"volsync.backube/maintenance-secret", "true"},
              {"volsync.backube/repository-hash", "171ccd1782577e64"},
              {"volsync.backube/source-namespace", ns}}},
            {"annotations",
             {{"volsync.backube/source-namespace", ns},
              {"volsync.backube/source-secret", "kopia"}}}}},
          {"data", std::move(data)}};
}

inline json::object owner(const std::string& maintenance,
                          const std::string& uid) {
  return {{"apiVersion", "volsync.backube/v1alpha1"},
          {"kind", "KopiaMaintenance"},
          {"name", maintenance},
          {"uid", uid},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

/// G2: beside its KopiaMaintenance; early ones had another `name`.
inline json::object cron_job_g2(const std::string& ns, const std::string& name,
                                const std::string& maintenance,
                                const std::string& owner_uid) {
  json::object pods{{"volsync.backube/kopia-maintenance", "true"},
                    {"volsync.backube/maintenance-name", maintenance}};
  auto labels = pods;
  labels["app.kubernetes.io/name"] = "volsync";
  labels["app.kubernetes.io/component"] = "kopia-maintenance";
  labels["app.kubernetes.io/managed-by"] = "volsync";
  auto made = cron_job(ns, name, std::move(labels), std::move(pods),
                       pod_spec_g2("kopia"));
  made["metadata"].as_object()["ownerReferences"]
      = json::array{owner(maintenance, owner_uid)};
  return made;
}

/// G2's Job for a manual tag; its pods carry no label of the fork's.
inline json::object manual_job(const std::string& ns,
                               const std::string& maintenance) {
  return {{"apiVersion", "batch/v1"},
          {"kind", "Job"},
          {"metadata",
           {{"name", "kopia-maint-manual-6fac16506316582a"},
            {"namespace", ns},
            {"labels",
             {{"volsync.backube/kopia-maintenance", "true"},
              {"volsync.backube/maintenance-type", "manual"},
              {"volsync.backube/maintenance-name", maintenance}}}}},
          {"spec",
           {{"backoffLimit", 5},
            {"activeDeadlineSeconds", 10800},
            {"template", {{"spec", pod_spec_g2("kopia", "Never")}}}}}};
}

} // namespace holystone::test::fork
