#pragma once

// What tests of KopiaMaintenances say: objects, their status, their CronJobs on
// the stage. Included by the tests of this folder.

#include "stage.hpp"

namespace holystone::actors {

inline const std::string group = "/apis/volsync.backube/v1alpha1/namespaces/";

/// The Secret of a repository in the bucket.
inline void add_secret(simulated_world& world, const std::string& ns,
                       const std::string& bucket) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: Secret
metadata: {{name: kopia, namespace: {0}}}
stringData:
  KOPIA_PASSWORD: secret
  KOPIA_REPOSITORY: s3://{1}
  AWS_ACCESS_KEY_ID: id
  AWS_SECRET_ACCESS_KEY: key
  AWS_S3_ENDPOINT: http://minio.example:9000
)",
                            ns, bucket));
}

inline void add_namespace(simulated_world& world, const std::string& ns) {
  world.install("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + ns
                + "}\n");
}

/// A namespace with the Secret of a repository.
inline void add_repository(simulated_world& world, const std::string& ns,
                           const std::string& bucket) {
  add_namespace(world, ns);
  add_secret(world, ns, bucket);
}

/// A KopiaMaintenance; `spec` is YAML of the flow style without braces.
inline void add_maintenance(simulated_world& world, const std::string& ns,
                            const std::string& name,
                            const std::string& spec = "enabled: true") {
  world.install(fmt::format(R"(
apiVersion: volsync.backube/v1alpha1
kind: KopiaMaintenance
metadata: {{name: {1}, namespace: {0}}}
spec: {{repository: {{repository: kopia}}, {2}}}
)",
                            ns, name, spec));
}

inline boost::json::value maintenance(simulated_world& world,
                                      const std::string& ns,
                                      const std::string& name) {
  return world.call("GET", group + ns + "/kopiamaintenances/" + name);
}

inline void patch_maintenance(simulated_world& world, const std::string& ns,
                              const std::string& name,
                              const std::string& merge) {
  world.call("PATCH", group + ns + "/kopiamaintenances/" + name, merge,
             "application/merge-patch+json");
}

/// `Ready=True MaintenanceActive Reconciling=False Error=False`.
inline std::string conditions_of(simulated_world& world, const std::string& ns,
                                 const std::string& name) {
  std::string text;
  auto object = maintenance(world, ns, name);
  for (const auto& one : items_at(object, "status", "conditions")) {
    auto type = text_at(one, "type");
    text += type + "=" + text_at(one, "status") + " " + text_at(one, "reason")
            + "\n";
  }
  return text;
}

/// The message of a condition.
inline std::string told(simulated_world& world, const std::string& ns,
                        const std::string& name,
                        const std::string& type = "Ready") {
  auto object = maintenance(world, ns, name);
  for (const auto& one : items_at(object, "status", "conditions"))
    if (text_at(one, "type") == type)
      return text_at(one, "message");
  return {};
}

/// The CronJobs of a namespace.
inline std::vector<std::string> cron_jobs_of(simulated_world& world,
                                             const std::string& ns) {
  return names_of(world.call("GET", batch(ns, "cronjobs")));
}

/// The reasons of a namespace's Events.
inline std::set<std::string> event_reasons(simulated_world& world,
                                           const std::string& ns) {
  std::set<std::string> reasons;
  auto events = world.call("GET", "/api/v1/namespaces/" + ns + "/events");
  for (const auto& one : items_at(events, "items"))
    reasons.insert(text_at(one, "reason"));
  return reasons;
}

} // namespace holystone::actors
