#pragma once

// `holystone mover maintain`: one maintenance run as PID 1 of a Job's pod. It
// is told everything by flags and mounted files, knows neither Kubernetes nor
// the operator, and says its result in the termination message. The pod
// template (k8s_io/manifests) sets these flags:
//
//   --repository HASH        hash of the location that the operator locked;
//                            another one in the Secret ends location-changed
//   --namespace NS           the claim's namespace: completes host names
//   --volume TEXT            what a filesystem repository sits on, as
//                            scheduler/volume_identity.hpp writes it
//   --repository-folder NAME looked into when the volume's root holds no
//                            repository
//   --credentials DIR        mounted Secret copy, a file a key   /credentials
//   --ca-file FILE           certificates (PEM) to trust besides the system's
//   --config DIR             pod-private emptyDir         /config
//   --cache DIR|none         cache volume; none: nothing on disk /cache
//   --metadata-cache-mb N    hard limits of kopia's caches; the defaults fit
//   --content-cache-mb N     a volume of 8Gi, 0 = no limit       2400, 1400
//   --kind full|quick                                            full
//   --no-verify              no `content verify` after a full run
//   --deadline SECONDS       by the mover's own clock      10800
//   --takeover idle|never|always                                 idle
//   --known-identity U@H     repeatable: clients of known claims none of whose
//                            pods runs; ownership is taken from them
//   --admission ticket|off                                       ticket
//   --termination-log FILE                         /dev/termination-log
//   --kopia PROGRAM                                              kopia
//
// and the ticket, as flags or through the downward API's environment:
//
//   --admitted UID           HOLYSTONE_ADMITTED, from the annotation
//                            volsync.backube/admitted
//   --own-runs TEXT          HOLYSTONE_OWN_RUNS, from the annotation
//                            volsync.backube/own-runs: when the operator's own
//                            Jobs ran; a full run without an end that began at
//                            any other time is somebody else's
//   --controller-uid UID     HOLYSTONE_CONTROLLER_UID, from the label
//                            batch.kubernetes.io/controller-uid
//
// Exit code: 0 only for a proven success, 1 for a failure, 143 after SIGTERM,
// 2 for wrong flags.

#include "scheduler/mover_report.hpp"
#include "scheduler/own_runs.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::mover {

/// When the maintenance ownership of a stranger is taken.
enum class takeover_rule { idle, never, always };

/// Stands for the cache's folder when there is none.
inline constexpr std::string_view no_cache = "none";

/// What the flags and the environment say.
struct maintain_options {
  std::string repository;
  std::string ns;
  /// Empty: not a volume, or not known yet.
  std::string volume;
  /// Folder at the volume's root that is taken when it holds a repository and
  /// the root holds none; empty: none is.
  std::string repository_folder;
  std::string credentials_directory = "/credentials";
  std::string ca_file;
  std::string config_directory = "/config";
  /// Or `no_cache`.
  std::string cache_directory = "/cache";
  /// 0: kopia has no hard limit. Limits are soft for a while, and kopia keeps
  /// to the metadata limit twice over: twice the one plus the other, times 1.3,
  /// fits 8Gi (K-09).
  int metadata_cache_mb = 2400;
  int content_cache_mb = 1400;
  scheduler::maintenance_kind kind = scheduler::maintenance_kind::full;
  bool verify = true;
  std::chrono::seconds deadline{10800};
  takeover_rule takeover = takeover_rule::idle;
  std::vector<std::string> known_identities;
  /// False with `--admission=off`: plain CronJobs have no ticket.
  bool needs_ticket = true;
  std::string admitted;
  std::string controller_uid;
  scheduler::own_runs ours;
  std::string termination_log = "/dev/termination-log";
  std::string kopia = "kopia";
};

/// Runs to the end, writes the report and returns the exit code. Call it once,
/// from a process that has no other threads: it installs signal handlers.
int maintain(const maintain_options& options);

} // namespace holystone::mover
