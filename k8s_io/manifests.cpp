#include "k8s_io/manifests.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/quantity.hpp"

#include <fmt/format.h>

#include <array>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

json::object to_object(const quantities& amounts) {
  json::object object;
  for (const auto& [name, amount] : amounts)
    object[name] = amount;
  return object;
}

/// Labels of the CronJob, its Jobs and their pods (contract section 3).
json::object common_labels(const cron_job_intent& wanted) {
  return {{names::kopia_maintenance, "true"},
          {names::repository_hash, wanted.id.hex},
          {names::location_hash, wanted.location_id.hex},
          {names::source_namespaces, namespaces_label(wanted.namespaces)}};
}

/// Jobs and pods stay out of backups of the cluster.
json::object run_labels(const cron_job_intent& wanted) {
  auto labels = common_labels(wanted);
  labels[names::run_kind] = "full";
  labels[names::velero_exclude] = "true";
  return labels;
}

json::array mover_arguments(const cron_job_intent& wanted,
                            const mover_settings& mover) {
  json::array arguments{
    "mover",
    "maintain",
    fmt::format("--repository={}", wanted.location_id.hex),
    fmt::format("--namespace={}", wanted.winner.object.ns),
    "--kind=full",
    fmt::format("--deadline={}", mover.limits.job_deadline.count()),
    fmt::format("--takeover={}", mover.takeover),
  };
  for (const auto& identity : wanted.known_identities)
    arguments.push_back(
      json::string(fmt::format("--known-identity={}", identity)));
  if (!wanted.ca.empty())
    arguments.push_back("--ca-file=/customCA/ca.crt");
  return arguments;
}

/// The ticket and the Job's UID, which the mover compares.
json::array environment() {
  auto field = [](std::string_view name, std::string path) {
    return json::object{
      {"name", name},
      {"valueFrom",
       {{"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", path}}}}}};
  };
  return {field("HOLYSTONE_ADMITTED",
                fmt::format("metadata.annotations['{}']", names::admitted)),
          field("HOLYSTONE_CONTROLLER_UID",
                fmt::format("metadata.labels['{}']", names::controller_uid))};
}

json::array volumes(const cron_job_intent& wanted) {
  json::array list{
      {{"name", "credentials"},
       {"secret", {{"secretName", wanted.credentials}, {"defaultMode", 0440}}}},
      {{"name", "config"}, {"emptyDir", {{"sizeLimit", "64Mi"}}}},
      {{"name", "cache"}, {"emptyDir", {{"sizeLimit", "8Gi"}}}},
      {{"name", "tmp"}, {"emptyDir", {{"sizeLimit", "64Mi"}}}}};
  if (!wanted.ca.empty())
    list.push_back(
        {{"name", "custom-ca"},
         {"secret", {{"secretName", wanted.ca}, {"defaultMode", 0444}}}});
  return list;
}

json::array mounts(const cron_job_intent& wanted) {
  json::array list{
      {{"name", "credentials"},
       {"mountPath", "/credentials"},
       {"readOnly", true}},
      {{"name", "config"}, {"mountPath", "/config"}},
      {{"name", "cache"}, {"mountPath", "/cache"}},
      {{"name", "tmp"}, {"mountPath", "/tmp"}}};
  if (!wanted.ca.empty())
    list.push_back({{"name", "custom-ca"},
                    {"mountPath", "/customCA"},
                    {"readOnly", true}});
  return list;
}

json::object container(const cron_job_intent& wanted,
                       const mover_settings& mover) {
  json::object resources;
  if (!wanted.settings.requests.empty())
    resources["requests"] = to_object(wanted.settings.requests);
  if (!wanted.settings.limits.empty())
    resources["limits"] = to_object(wanted.settings.limits);
  return {{"name", names::container},
          {"image", mover.image},
          {"imagePullPolicy", "IfNotPresent"},
          {"command", json::array{"/usr/bin/holystone"}},
          {"args", mover_arguments(wanted, mover)},
          {"env", environment()},
          {"resources", resources},
          {"volumeMounts", mounts(wanted)},
          {"securityContext",
           {{"allowPrivilegeEscalation", false},
            {"privileged", false},
            {"readOnlyRootFilesystem", true},
            {"runAsNonRoot", true},
            {"capabilities", {{"drop", json::array{"ALL"}}}}}}};
}

json::object pod_template(const cron_job_intent& wanted,
                          const mover_settings& mover) {
  return {{"metadata", {{"labels", run_labels(wanted)}}},
          {"spec",
           {{"serviceAccountName", names::service_account},
            {"automountServiceAccountToken", false},
            {"restartPolicy", "Never"},
            {"activeDeadlineSeconds", mover.limits.job_deadline.count() + 60},
            {"terminationGracePeriodSeconds",
             mover.limits.termination_grace.count()},
            {"securityContext",
             {{"runAsNonRoot", true},
              {"runAsUser", 1000},
              {"runAsGroup", 1000},
              {"fsGroup", 1000},
              {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
            {"containers", json::array{container(wanted, mover)}},
            {"volumes", volumes(wanted)}}}};
}

/// The Job's spec: one pod at a time and never two, suspended until the
/// repository's actor resumes it.
json::object job_spec(const cron_job_intent& wanted,
                      const mover_settings& mover) {
  return {{"suspend", true},
          {"parallelism", 1},
          {"completions", 1},
          {"backoffLimit", 1},
          {"podReplacementPolicy", "Failed"},
          {"activeDeadlineSeconds", mover.limits.job_deadline.count()},
          {"template", pod_template(wanted, mover)}};
}

json::object job_metadata(const cron_job_intent& wanted,
                          std::string_view digest) {
  return {{"labels", run_labels(wanted)},
          {"annotations",
           {{names::job_template, digest},
            {names::winner, to_string(wanted.winner)}}}};
}

/// Short, stable and good enough to tell manifests apart: FNV-1a, 64 bits.
std::string digest_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (auto c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return fmt::format("{:016x}", hash);
}

/// History limit 0 would remove a Job before its result is stored; one
/// is kept by the controller and removed by us.
int kept(int limit) {
  return limit < 1 ? 1 : limit;
}

/// Writes a value in a canonical form: members sorted, quantities normalised.
void canonical(const json::value& from, std::string_view key,
               std::string& out) {
  if (const auto* object = from.if_object()) {
    std::map<std::string_view, const json::value*> sorted;
    for (const auto& member : *object)
      sorted.emplace(member.key(), &member.value());
    out += '{';
    for (const auto& [name, value] : sorted) {
      out += name;
      out += ':';
      auto is_quantity
          = key == "limits" || key == "requests" || name == "sizeLimit";
      if (is_quantity)
        out += normal_quantity(*value);
      else
        canonical(*value, name, out);
      out += ',';
    }
    out += '}';
  } else if (const auto* array = from.if_array()) {
    out += '[';
    for (const auto& item : *array) {
      canonical(item, {}, out);
      out += ',';
    }
    out += ']';
  } else {
    out += json::serialize(from);
  }
}

void member(const json::value& from, std::string_view key, std::string& out) {
  out += key;
  out += '=';
  if (const auto* found = find(from, key))
    canonical(*found, key, out);
  out += '\n';
}

constexpr std::array cron_fields{std::string_view{"schedule"},
                                 std::string_view{"timeZone"},
                                 std::string_view{"suspend"},
                                 std::string_view{"concurrencyPolicy"},
                                 std::string_view{"startingDeadlineSeconds"},
                                 std::string_view{"successfulJobsHistoryLimit"},
                                 std::string_view{"failedJobsHistoryLimit"}};
constexpr std::array job_fields{std::string_view{"suspend"},
                                std::string_view{"parallelism"},
                                std::string_view{"completions"},
                                std::string_view{"backoffLimit"},
                                std::string_view{"podReplacementPolicy"},
                                std::string_view{"activeDeadlineSeconds"}};
constexpr std::array pod_fields{
    std::string_view{"serviceAccountName"},
    std::string_view{"automountServiceAccountToken"},
    std::string_view{"restartPolicy"},
    std::string_view{"activeDeadlineSeconds"},
    std::string_view{"terminationGracePeriodSeconds"},
    std::string_view{"securityContext"},
    std::string_view{"volumes"}};
constexpr std::array container_fields{std::string_view{"name"},
                                      std::string_view{"image"},
                                      std::string_view{"imagePullPolicy"},
                                      std::string_view{"command"},
                                      std::string_view{"args"},
                                      std::string_view{"env"},
                                      std::string_view{"envFrom"},
                                      std::string_view{"resources"},
                                      std::string_view{"volumeMounts"},
                                      std::string_view{"securityContext"}};
constexpr std::array owned_labels{
    names::kopia_maintenance, names::repository_hash, names::location_hash,
    names::source_namespaces, names::run_kind,        names::velero_exclude};
constexpr std::array owned_annotations{
    names::source_namespaces, names::schedule_conflict,
    names::location,          names::winner,
    names::effective_since,   names::job_template};

void metadata_of(const json::value& object, std::string& out) {
  const json::value none;
  const auto* labels = find(object, "metadata", "labels");
  const auto* annotations = find(object, "metadata", "annotations");
  for (auto key : owned_labels)
    member(labels ? *labels : none, key, out);
  for (auto key : owned_annotations)
    member(annotations ? *annotations : none, key, out);
}

/// The owned part of a Job template in canonical form.
std::string owned_template(const json::value& job_template) {
  std::string out;
  const json::value none;
  auto at = [&](auto... keys) -> const json::value& {
    const auto* found = find(job_template, std::string_view{keys}...);
    return found ? *found : none;
  };
  for (auto key : job_fields)
    member(at("spec"), key, out);
  metadata_of(at("spec", "template"), out);
  for (auto key : pod_fields)
    member(at("spec", "template", "spec"), key, out);
  for (const auto& item :
       items_at(job_template, "spec", "template", "spec", "containers")) {
    for (auto key : container_fields)
      member(item, key, out);
  }
  return out;
}

} // namespace

json::object cron_job(const cron_job_intent& wanted,
                      const mover_settings& mover) {
  json::object spec = job_spec(wanted, mover);
  auto digest = digest_of(owned_template(json::object{{"spec", spec}}));
  json::object annotations{
      {names::source_namespaces,
       fmt::format("{}", fmt::join(wanted.namespaces, "_"))},
      {names::location, wanted.location},
      {names::winner, to_string(wanted.winner)},
      {names::effective_since, to_rfc3339(wanted.effective_since)}};
  if (!wanted.conflict.empty())
    annotations[names::schedule_conflict] = wanted.conflict;
  return {{"apiVersion", "batch/v1"},
          {"kind", "CronJob"},
          {"metadata",
           {{"name", wanted.key.name},
            {"namespace", wanted.key.ns},
            {"labels", common_labels(wanted)},
            {"annotations", annotations}}},
          {"spec",
           {{"schedule", wanted.schedule},
            {"timeZone", wanted.settings.time_zone},
            {"suspend", wanted.settings.suspend},
            {"concurrencyPolicy", "Forbid"},
            {"startingDeadlineSeconds", 3600},
            {"successfulJobsHistoryLimit",
             kept(wanted.settings.successful_jobs_history_limit)},
            {"failedJobsHistoryLimit",
             kept(wanted.settings.failed_jobs_history_limit)},
            {"jobTemplate",
             {{"metadata", job_metadata(wanted, digest)}, {"spec", spec}}}}}};
}

std::string digest_of_owned(const json::value& object) {
  std::string out;
  const json::value none;
  metadata_of(object, out);
  const auto* spec = find(object, "spec");
  for (auto key : cron_fields)
    member(spec ? *spec : none, key, out);
  if (const auto* job_template = find(object, "spec", "jobTemplate")) {
    metadata_of(*job_template, out);
    out += owned_template(*job_template);
  }
  return digest_of(out);
}

manifest_digests digests(const cron_job_intent& wanted,
                         const mover_settings& mover) {
  json::value object = cron_job(wanted, mover);
  return {digest_of_owned(object),
          text_at(object, "spec", "jobTemplate", "metadata", "annotations",
                  names::job_template)};
}

request apply(const cron_job_intent& wanted, const mover_settings& mover,
              const object_uid& existing) {
  auto object = cron_job(wanted, mover);
  if (existing)
    object["metadata"].as_object()["uid"] = existing.value;
  request what;
  what.what = verb::apply;
  what.kind = resources::cron_jobs;
  what.ns = wanted.key.ns;
  what.name = wanted.key.name;
  what.body = json::serialize(object);
  return what;
}

request set_schedule_time(const set_last_schedule& what) {
  request patch;
  patch.what = verb::merge_patch;
  patch.kind = resources::cron_jobs;
  patch.ns = what.key.ns;
  patch.name = what.key.name;
  patch.subresource = "status";
  patch.body = json::serialize(
      json::object{{"metadata", {{"uid", what.uid.value}}},
                   {"status", {{"lastScheduleTime", to_rfc3339(what.slot)}}}});
  return patch;
}

request recreate_job(const cron_job_intent& wanted, const mover_settings& mover,
                     const job_fact& old) {
  auto object = cron_job(wanted, mover);
  auto job = object["spec"].as_object()["jobTemplate"].as_object();
  auto& metadata = job["metadata"].as_object();
  // The name is a function of the old Job and the template, so that a retry
  // after a lost answer meets its own work.
  auto suffix = digest_of(old.uid.value
                          + std::string{metadata["annotations"]
                                            .as_object()[names::job_template]
                                            .as_string()})
                    .substr(0, 6);
  auto name = old.key.name.substr(0, 63 - 7) + "-" + suffix;
  metadata["name"] = name;
  metadata["namespace"] = old.key.ns;
  if (old.slot)
    metadata["annotations"].as_object()[names::scheduled_slot]
        = to_rfc3339(*old.slot);
  job["apiVersion"] = "batch/v1";
  job["kind"] = "Job";
  request create;
  create.what = verb::create;
  create.kind = resources::jobs;
  create.ns = old.key.ns;
  create.name = name;
  create.body = json::serialize(job);
  return create;
}

namespace {

request patch_job(const job_fact& job, json::object metadata,
                  json::object spec) {
  metadata["uid"] = job.uid.value;
  request patch;
  patch.what = verb::merge_patch;
  patch.kind = resources::jobs;
  patch.ns = job.key.ns;
  patch.name = job.key.name;
  patch.body = json::serialize(json::object{{"metadata", std::move(metadata)},
                                            {"spec", std::move(spec)}});
  return patch;
}

} // namespace

request resume(const job_fact& job, std::string_view location) {
  return patch_job(job, {{"resourceVersion", job.version.value}},
                   {{"suspend", false},
                    {"podReplacementPolicy", "Failed"},
                    {"template",
                     {{"metadata",
                       {{"annotations", {{names::admitted, job.uid.value}}},
                        {"labels",
                         {{names::kopia_maintenance, "true"},
                          {names::location_hash, location},
                          {names::velero_exclude, "true"}}}}}}}});
}

request suspend(const job_fact& job) {
  return patch_job(job, {}, {{"suspend", true}});
}

namespace {

request remove(const resource& kind, const object_key& key,
               const object_uid& uid, const resource_version& version,
               propagation dependents) {
  request what;
  what.what = verb::remove;
  what.kind = kind;
  what.ns = key.ns;
  what.name = key.name;
  what.uid = uid;
  what.version = version;
  what.dependents = dependents;
  return what;
}

/// Metadata and spec of a Lease that `holder` has, or nobody.
json::object lease_body(std::map<std::string, std::string> annotations,
                        const std::optional<claim_key>& winner,
                        std::string_view location) {
  json::object notes;
  for (const auto& [key, value] : annotations)
    notes[key] = value;
  if (winner)
    notes[names::winner] = to_string(*winner);
  return {{"labels",
           {{names::kopia_maintenance, "true"},
            {names::location_hash, location},
            {names::velero_exclude, "true"}}},
          {"annotations", notes}};
}

std::string lease_name(std::string_view location) {
  return fmt::format("{}{}", names::lease_prefix, location);
}

/// Leases are written with micro seconds.
std::string micro_time(instant at) {
  auto text = to_rfc3339(at);
  return text.substr(0, text.size() - 1) + ".000000Z";
}

} // namespace

request remove(const job_fact& job) {
  return remove(resources::jobs, job.key, job.uid, job.version,
                propagation::foreground);
}

request remove(const delete_cron_job& what) {
  return remove(resources::cron_jobs, what.key, what.uid, {},
                propagation::foreground);
}

request acquire(const acquire_lease& what, const lease_fact& seen,
                std::string_view operator_namespace, std::string_view location,
                const std::optional<claim_key>& winner, instant now) {
  auto metadata = lease_body(
      {{std::string{names::holder_job}, to_string(what.job.key)},
       {std::string{names::holder_deadline}, to_rfc3339(what.deadline)}},
      winner, location);
  request take;
  take.kind = resources::leases;
  take.ns = operator_namespace;
  take.name = lease_name(location);
  if (seen.exists) {
    take.what = verb::merge_patch;
    metadata["uid"] = seen.uid.value;
    metadata["resourceVersion"] = seen.version.value;
  } else {
    take.what = verb::create;
    metadata["name"] = take.name;
    metadata["namespace"] = take.ns;
  }
  take.body
      = json::serialize(json::object{{"apiVersion", "coordination.k8s.io/v1"},
                                     {"kind", "Lease"},
                                     {"metadata", std::move(metadata)},
                                     {"spec",
                                      {{"holderIdentity", what.job.uid.value},
                                       {"acquireTime", micro_time(now)}}}});
  return take;
}

request release(const release_lease& what, const lease_fact& seen,
                std::string_view operator_namespace, std::string_view location,
                const std::optional<claim_key>& winner) {
  auto metadata = lease_body(to_annotations(what.known), winner, location);
  auto& notes = metadata["annotations"].as_object();
  notes[names::holder_job] = nullptr;
  notes[names::holder_deadline] = nullptr;
  metadata["uid"] = seen.uid.value;
  metadata["resourceVersion"] = seen.version.value;
  request free;
  free.what = verb::merge_patch;
  free.kind = resources::leases;
  free.ns = operator_namespace;
  free.name = lease_name(location);
  free.body = json::serialize(json::object{
      {"metadata", std::move(metadata)},
      {"spec", {{"holderIdentity", nullptr}, {"acquireTime", nullptr}}}});
  return free;
}

request remove(const lease_fact& seen, std::string_view operator_namespace,
               std::string_view location) {
  return remove(resources::leases,
                {std::string{operator_namespace}, lease_name(location)},
                seen.uid, seen.version, propagation::background);
}

request apply_status(const write_status& what) {
  const auto& status = what.status;
  json::object kopia{{"maintenanceFailures", status.failures},
                     {"maintenanceCronJob", status.cron_job},
                     {"observedGeneration", status.observed_generation}};
  if (status.last_maintenance)
    kopia["lastMaintenance"] = to_rfc3339(*status.last_maintenance);
  if (status.next_maintenance)
    kopia["nextScheduledMaintenance"] = to_rfc3339(*status.next_maintenance);
  auto kind = what.who.kind == claim_kind::replication_source
                  ? resources::replication_sources
                  : resources::kopia_maintenances;
  request apply;
  apply.what = verb::apply;
  apply.kind = kind;
  apply.ns = what.who.object.ns;
  apply.name = what.who.object.name;
  apply.subresource = "status";
  apply.body = json::serialize(json::object{
      {"apiVersion", fmt::format("{}/{}", kind.group, kind.version)},
      {"kind", kind.kind},
      {"metadata",
       {{"name", apply.name},
        {"namespace", apply.ns},
        {"uid", what.uid.value}}},
      {"status",
       {{"kopia", kopia},
        {"conditions",
         json::array{json::object{
             {"type", names::ready_condition},
             {"status", status.ready ? "True" : "False"},
             {"reason", status.reason},
             {"message", status.message},
             {"lastTransitionTime", to_rfc3339(what.since)},
             {"observedGeneration", status.observed_generation}}}}}}});
  return apply;
}

request post_event(const event_note& note, std::string_view reporter,
                   instant now, std::uint64_t serial) {
  const auto& object = note.regarding.object;
  auto kind = note.regarding.kind == claim_kind::replication_source
                  ? resources::replication_sources
                  : resources::kopia_maintenances;
  auto time = to_rfc3339(now);
  request create;
  create.what = verb::create;
  create.kind = resources::events;
  create.ns = object.ns;
  create.name = fmt::format("{}.{:x}{:04x}", object.name.substr(0, 200),
                            now.time_since_epoch().count(), serial % 65536);
  create.body = json::serialize(json::object{
      {"apiVersion", "v1"},
      {"kind", "Event"},
      {"metadata", {{"name", create.name}, {"namespace", create.ns}}},
      {"involvedObject",
       {{"apiVersion", fmt::format("{}/{}", kind.group, kind.version)},
        {"kind", kind.kind},
        {"namespace", object.ns},
        {"name", object.name},
        {"uid", note.uid.value}}},
      {"type", note.warning ? "Warning" : "Normal"},
      {"reason", note.reason},
      {"message", note.message.substr(0, 1024)},
      {"source", {{"component", "holystone"}}},
      {"reportingComponent", "holystone"},
      {"reportingInstance", reporter},
      {"count", 1},
      {"firstTimestamp", time},
      {"lastTimestamp", time}});
  return create;
}

request apply_service_account(std::string_view operator_namespace) {
  request what;
  what.what = verb::apply;
  what.kind = resources::service_accounts;
  what.ns = operator_namespace;
  what.name = names::service_account;
  what.body = json::serialize(
      json::object{{"apiVersion", "v1"},
                   {"kind", "ServiceAccount"},
                   {"metadata",
                    {{"name", what.name},
                     {"namespace", what.ns},
                     {"labels", {{names::kopia_maintenance, "true"}}}}},
                   {"automountServiceAccountToken", false}});
  return what;
}

} // namespace holystone::k8s_io
