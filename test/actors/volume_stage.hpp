#pragma once

// What tests of repositories on volumes say: sources, PersistentVolumes and
// their claims on the stage. Included by the tests of this folder.

#include "stage.hpp"

namespace holystone::actors {

/// A source whose repository is on a claim of its namespace.
inline void add_disk_source(simulated_world& world, const std::string& ns,
                            const std::string& volumes) {
  install_source(world, ns,
                 "  KOPIA_REPOSITORY: filesystem:///mnt/backups/kopia",
                 fmt::format("    maintenanceCronJob: {{enabled: true}}\n"
                             "    moverVolumes: [{}]",
                             volumes));
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
                      const std::string& volume,
                      const std::string& name = "disk") {
  world.install(fmt::format(R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: {2}, namespace: {0}}}
spec:
  accessModes: [ReadWriteMany]
  storageClassName: ""
  volumeName: {1}
  resources: {{requests: {{storage: 1Gi}}}}
)",
                            ns, volume, name));
}

inline void bind(simulated_world& world, const std::string& ns,
                 const std::string& name = "disk") {
  world.call("PATCH", claims_of(ns) + "/" + name + "/status",
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

inline void run_by_hand(simulated_world& world, const std::string& ns,
                        const std::string& name) {
  world.call("POST", batch(ns, "jobs"),
             boost::json::serialize(a_job(world, ns, name)));
}

inline job_state state_of(simulated_world& world, const std::string& ns,
                          const std::string& name) {
  return read_job(world.call("GET", batch(ns, "jobs") + "/" + name)).state;
}

inline void delete_source(simulated_world& world, const std::string& ns) {
  world.call("DELETE", "/apis/volsync.backube/v1alpha1/namespaces/" + ns
                           + "/replicationsources/data");
}

} // namespace holystone::actors
