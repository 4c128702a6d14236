#pragma once

// What tests of repositories on volumes say: sources, PersistentVolumes and
// their claims on the stage. Included by the tests of this folder.

#include "stage.hpp"

namespace holystone::actors {

/// A source whose repository is on a claim of its namespace.
inline void add_disk_source(simulated_world& world, const std::string& ns,
                            const std::string& volumes) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: Namespace
metadata: {{name: {0}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: kopia, namespace: {0}}}
stringData:
  KOPIA_REPOSITORY: filesystem:///mnt/backups/kopia
  KOPIA_PASSWORD: secret
---
apiVersion: volsync.backube/v1alpha1
kind: ReplicationSource
metadata: {{name: data, namespace: {0}}}
spec:
  sourcePVC: data
  trigger: {{manual: once}}
  kopia:
    repository: kopia
    maintenanceCronJob: {{enabled: true}}
    moverVolumes: [{1}]
)",
                            ns, volumes));
}

inline const std::string on_claim
    = "{mountPath: backups, volumeSource: {persistentVolumeClaim: {claimName: "
      "disk}}}";
inline const std::string on_nfs
    = "{mountPath: backups, volumeSource: {nfs: {server: nas, path: /export}}}";

inline void add_volume(simulated_world& world, const std::string& name,
                       const std::string& source) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {}}}
spec:
  capacity: {{storage: 1Gi}}
  accessModes: [ReadWriteMany]
  {}
)",
                            name, source));
}

inline std::string claims_of(const std::string& ns) {
  return "/api/v1/namespaces/" + ns + "/persistentvolumeclaims";
}

inline void add_claim(simulated_world& world, const std::string& ns,
                      const std::string& volume) {
  world.install(fmt::format(R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: disk, namespace: {}}}
spec:
  accessModes: [ReadWriteMany]
  storageClassName: ""
  volumeName: {}
  resources: {{requests: {{storage: 1Gi}}}}
)",
                            ns, volume));
}

inline void bind(simulated_world& world, const std::string& ns) {
  world.call("PATCH", claims_of(ns) + "/disk/status",
             R"({"status":{"phase":"Bound"}})", "application/merge-patch+json");
}

inline boost::json::value cron_jobs(simulated_world& world) {
  return world.call("GET", "/apis/batch/v1/cronjobs");
}

inline std::string condition_of(simulated_world& world, const std::string& ns) {
  auto source = world.call("GET", "/apis/volsync.backube/v1alpha1/namespaces/"
                                      + ns + "/replicationsources/data");
  for (const auto& one : items_at(source, "status", "conditions"))
    return text_at(one, "reason") + ": " + text_at(one, "message");
  return {};
}

inline std::string location_of(const boost::json::value& cron_job) {
  return text_at(cron_job, "metadata", "annotations", names::location);
}

} // namespace holystone::actors
