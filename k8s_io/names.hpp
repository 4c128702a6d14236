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
/// Annotation on a KopiaMaintenance that asks, once, for no failures to be
/// counted; its value is `true`.
inline constexpr std::string_view reset_failures
    = "volsync.backube/reset-failures";
/// Label of a Secret copy, and annotation.
inline constexpr std::string_view source_namespace
    = "volsync.backube/source-namespace";
inline constexpr std::string_view source_secret
    = "volsync.backube/source-secret";

/// Label of what belongs to a KopiaMaintenance: its name (fork-behaviour G2.7).
inline constexpr std::string_view maintenance_name
    = "volsync.backube/maintenance-name";
/// Label of the Jobs of manual runs; its value is `manual` (fork-behaviour
/// G2.7).
inline constexpr std::string_view maintenance_type
    = "volsync.backube/maintenance-type";
inline constexpr std::string_view manual = "manual";
/// Ours: annotation of such a Job: the tag that it is made for.
inline constexpr std::string_view manual_tag = "volsync.backube/manual-tag";
/// The fork's: label of its CronJobs in the namespaces of their sources.
inline constexpr std::string_view fork_cron_job
    = "volsync.backube/maintenance-cronjob";
/// The fork's: label of its Secret copies.
inline constexpr std::string_view fork_copy
    = "volsync.backube/maintenance-secret";

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
/// Ours: annotation of Jobs: which fields of the pods users have a say in, so
/// that they are told from what others add.
inline constexpr std::string_view pod_fields = "volsync.backube/pod-fields";
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

/// Ours: annotation of a Job that was made anew, the UID of the old one.
inline constexpr std::string_view made_for = "volsync.backube/made-for";

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

/// What common tools show about the CronJob of a KopiaMaintenance.
inline constexpr std::string_view app_name = "app.kubernetes.io/name";
inline constexpr std::string_view app_component = "app.kubernetes.io/component";
inline constexpr std::string_view app_manager = "app.kubernetes.io/managed-by";

/// Name of the ServiceAccount of maintenance pods; no rights, no token.
inline constexpr std::string_view service_account = "volsync-kopia-maintenance";
/// The container in the pod.
inline constexpr std::string_view container = "kopia-maintenance";
/// The volume of the pod that holds a filesystem repository.
inline constexpr std::string_view repository_volume = "repository";
/// The condition on a ReplicationSource that says whether it is maintained
/// (contract section 8), and that on a KopiaMaintenance (section 7).
inline constexpr std::string_view source_condition = "MaintenanceReady";
inline constexpr std::string_view standalone_condition = "Ready";
/// How a KopiaMaintenance's status says that a manual run succeeded or failed.
inline constexpr std::string_view successful = "Successful";
inline constexpr std::string_view failed = "Failed";
/// The fork's finalizer on KopiaMaintenances; we have none and remove it.
inline constexpr std::string_view old_finalizer
    = "volsync.backube/kopiamaintenance-protection";

} // namespace holystone::k8s_io::names
