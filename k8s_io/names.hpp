#pragma once

// The names by which holystone's objects are found: labels, annotations and
// fixed object names. The ones that users and their scripts know come from the
// seeds; "ours" marks what no seed has. One place, so that what is written and
// what is read cannot drift apart.

#include <string_view>

namespace holystone::k8s_io::names {

/// Label on CronJobs, Jobs and pods of maintenance; its value is `true`.
inline constexpr std::string_view kopia_maintenance
    = "volsync.backube/kopia-maintenance";
/// Label: which repository an object belongs to.
inline constexpr std::string_view repository_hash
    = "volsync.backube/repository-hash";
/// Label and annotation: namespaces of the claims (S0's plural form).
inline constexpr std::string_view source_namespaces
    = "volsync.backube/source-namespaces";
/// Annotation of the CronJob: rejected schedules.
inline constexpr std::string_view schedule_conflict
    = "volsync.backube/schedule-conflict";
/// Annotation on a ReplicationSource that forces a new copy.
inline constexpr std::string_view resync = "volsync.backube/resync";
/// Label of a Secret copy, and annotation.
inline constexpr std::string_view source_namespace
    = "volsync.backube/source-namespace";
inline constexpr std::string_view source_secret
    = "volsync.backube/source-secret";

/// Ours: label of a location; picks the Lease and finds pods.
inline constexpr std::string_view location_hash
    = "volsync.backube/location-hash";
/// Ours: label of what is made outside of the operator's namespace: that one's
/// name. It tells what is ours there, and whose of several operators.
inline constexpr std::string_view operator_namespace
    = "volsync.backube/operator-namespace";
/// Ours: annotation of a CronJob: the canonical location.
inline constexpr std::string_view location = "volsync.backube/location";
/// Ours: annotation: kind, namespace and name of the claim that won.
inline constexpr std::string_view winner = "volsync.backube/winner";
/// Ours: annotation: since when the schedule is in force.
inline constexpr std::string_view effective_since
    = "volsync.backube/effective-since";
/// Ours: annotation of Jobs: digest of the template.
inline constexpr std::string_view job_template = "volsync.backube/job-template";
/// Ours: label of CronJobs, Jobs and pods: full or quick.
inline constexpr std::string_view run_kind = "volsync.backube/run-kind";
/// Ours: annotation of pods: the ticket, which is the Job's UID.
inline constexpr std::string_view admitted = "volsync.backube/admitted";
/// Ours: annotation of pods: when the operator's own Jobs ran.
inline constexpr std::string_view own_runs = "volsync.backube/own-runs";
/// Ours: annotation of a Job that we suspended; its template says nothing.
inline constexpr std::string_view held = "volsync.backube/held";
/// Ours: annotation of Jobs that nobody lets in: what they authenticate with.
inline constexpr std::string_view run_secret = "volsync.backube/run-secret";
/// Ours: label of Secret copies.
inline constexpr std::string_view secret_copy
    = "volsync.backube/holystone-copy";
/// Ours: annotations of Secret copies.
inline constexpr std::string_view source_uid = "volsync.backube/source-uid";
inline constexpr std::string_view source_version
    = "volsync.backube/source-version";
inline constexpr std::string_view source_kind = "volsync.backube/source-kind";
inline constexpr std::string_view source_key = "volsync.backube/source-key";
/// Ours: annotations of the Lease.
inline constexpr std::string_view holder_job = "volsync.backube/holder-job";
inline constexpr std::string_view holder_deadline
    = "volsync.backube/holder-deadline";
inline constexpr std::string_view holder_secret
    = "volsync.backube/holder-secret";

/// Velero leaves what carries this label alone.
inline constexpr std::string_view velero_exclude
    = "velero.io/exclude-from-backup";

/// The CronJob controller's annotation: the slot a Job was made for.
inline constexpr std::string_view scheduled_slot
    = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/// The Job controller's labels on pods.
inline constexpr std::string_view controller_uid
    = "batch.kubernetes.io/controller-uid";
inline constexpr std::string_view job_name = "batch.kubernetes.io/job-name";

/// Name of the ServiceAccount of maintenance pods; no rights, no token.
inline constexpr std::string_view service_account = "volsync-kopia-maintenance";
/// The container in the pod.
inline constexpr std::string_view container = "kopia-maintenance";
/// The volume of the pod that holds a filesystem repository.
inline constexpr std::string_view repository_volume = "repository";
/// The condition on a ReplicationSource (contract section 8).
inline constexpr std::string_view ready_condition = "MaintenanceReady";

} // namespace holystone::k8s_io::names
