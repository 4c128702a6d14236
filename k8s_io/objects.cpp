#include "k8s_io/objects.hpp"

#include "k8s_io/conditions.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/owned_fields.hpp"
#include "k8s_io/predecessor_objects.hpp"
#include "k8s_io/run_outcomes.hpp"
#include "k8s_io/secret_content.hpp"
#include "k8s_io/volume_objects.hpp"
#include "scheduler/object_names.hpp"

#include <algorithm>
#include <utility>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// The CronJob of ours that made a Job. The fork's have such names too, but
/// not our annotation.
std::optional<cron_job_address> maker_of(const json::value& job) {
  if (annotation_of(job, names::job_template).empty())
    return std::nullopt;
  for (const auto& owner : items_at(job, "metadata", "ownerReferences"))
    if (text_at(owner, "kind") == "CronJob")
      return parse_cron_job_name(text_at(owner, "name"));
  return std::nullopt;
}

maintenance_kind kind_of(const json::value& object) {
  return label_of(object, names::run_kind) == "quick" ? maintenance_kind::quick
                                                      : maintenance_kind::full;
}

/// Nobody waits for ever, whatever somebody wrote there.
seconds deadline_at(const json::value& object) {
  auto given = integer_at(object, "spec", "activeDeadlineSeconds").value_or(0);
  return seconds{std::clamp<std::int64_t>(given, 0, longest_run.count() + 60)};
}

/// Whose manual run a Job is. One whose KopiaMaintenance left it behind is
/// nobody's, but still no CronJob's.
shared_value<manual_mark> manual_mark_of(const json::value& job) {
  if (label_of(job, names::maintenance_type) != names::manual)
    return {};
  manual_mark mark{{}, annotation_of(job, names::manual_tag)};
  for (const auto& owner : items_at(job, "metadata", "ownerReferences"))
    if (text_at(owner, "kind") == "KopiaMaintenance")
      mark.maintenance = {text_at(owner, "uid")};
  return mark;
}

/// The kubelet reported every container terminated, or the pod was refused or
/// never bound, so that nothing of it can run.
bool has_ended(const json::value& pod) {
  auto phase = text_at(pod, "status", "phase");
  if (text_at(pod, "spec", "nodeName").empty())
    return phase == "Failed" || phase == "Succeeded";
  const auto& statuses = items_at(pod, "status", "containerStatuses");
  if (statuses.empty())
    return phase == "Failed"
           && !is_true(find_condition(pod, "DisruptionTarget"));
  return std::ranges::all_of(statuses, [](const json::value& status) {
    return find(status, "state", "terminated") != nullptr;
  });
}

/// The kubelet reported that a container runs or has run.
bool has_started(const json::value& pod) {
  const auto& statuses = items_at(pod, "status", "containerStatuses");
  return std::ranges::any_of(statuses, [](const json::value& status) {
    return find(status, "state", "running")
           || find(status, "state", "terminated");
  });
}

} // namespace

std::string label_of(const json::value& object, std::string_view name) {
  return text_at(object, "metadata", "labels", name);
}

std::string annotation_of(const json::value& object, std::string_view name) {
  return text_at(object, "metadata", "annotations", name);
}

object_meta read_meta(const json::value& object) {
  object_meta meta;
  meta.key = {text_at(object, "metadata", "namespace"),
              text_at(object, "metadata", "name")};
  meta.uid = {text_at(object, "metadata", "uid")};
  meta.version = {text_at(object, "metadata", "resourceVersion")};
  meta.created
      = instant_at(object, "metadata", "creationTimestamp").value_or(instant{});
  meta.generation = integer_at(object, "metadata", "generation").value_or(0);
  meta.deleting = !text_at(object, "metadata", "deletionTimestamp").empty();
  return meta;
}

cron_job_fact read_cron_job(const json::value& object) {
  auto meta = read_meta(object);
  cron_job_fact found;
  found.exists = true;
  found.key = meta.key;
  found.uid = meta.uid;
  found.version = meta.version;
  found.ours = label_of(object, names::kopia_maintenance) == "true"
               && !label_of(object, names::location_hash).empty();
  found.deleting = meta.deleting;
  found.schedule = text_at(object, "spec", "schedule");
  found.time_zone = text_at(object, "spec", "timeZone");
  found.suspend = flag_at(object, "spec", "suspend").value_or(false);
  found.holds_jobs = flag_at(object, "spec", "jobTemplate", "spec", "suspend")
                         .value_or(false);
  found.created = meta.created;
  found.last_schedule = instant_at(object, "status", "lastScheduleTime");
  found.effective_since
      = parse_rfc3339(annotation_of(object, names::effective_since));
  found.winner = parse_claim_key(annotation_of(object, names::winner));
  found.conflict = annotation_of(object, names::schedule_conflict);
  found.digest = digest_of_owned(object);
  return found;
}

std::optional<cron_job_address> address_of_cron_job(const json::value& object) {
  auto meta = read_meta(object);
  if (auto address = parse_cron_job_name(meta.key.name))
    return address;
  auto winner = parse_claim_key(annotation_of(object, names::winner));
  cron_job_address address{{label_of(object, names::repository_hash)},
                           kind_of(object)};
  if (address.id.hex.empty() || !winner
      || winner->kind != claim_kind::kopia_maintenance
      || winner->object.ns != meta.key.ns
      || meta.key.name
             != maintenance_cron_job_name(winner->object, address.kind))
    return std::nullopt;
  return address;
}

std::optional<location> read_location(const json::value& cron_job) {
  boost::system::error_code broken;
  auto recorded = json::parse(
      text_at(cron_job, "metadata", "annotations", names::location), broken);
  const auto* members = recorded.if_object();
  if (broken || !members)
    return std::nullopt;
  location where;
  for (const auto& [name, value] : *members)
    if (const auto* text = value.if_string())
      where.parts.emplace(name, *text);
  where.backend = std::exchange(where.parts["backend"], {});
  where.parts.erase("backend");
  return where;
}

std::string read_image(const json::value& cron_job) {
  for (const auto& container : items_at(cron_job, "spec", "jobTemplate", "spec",
                                        "template", "spec", "containers"))
    if (text_at(container, "name") == names::container)
      return text_at(container, "image");
  return {};
}

job_fact read_job(const json::value& object) {
  auto meta = read_meta(object);
  job_fact job;
  job.key = meta.key;
  job.uid = meta.uid;
  job.version = meta.version;
  job.created = meta.created;
  job.deleting = meta.deleting;
  job.kind = kind_of(object);
  job.slot = parse_rfc3339(annotation_of(object, names::scheduled_slot));
  auto maker = maker_of(object);
  if (maker)
    job.kind = maker->kind;
  job.ours = maker || !label_of(object, names::location_hash).empty();
  if (!label_of(object, names::repository_hash).empty())
    job.location = label_of(object, names::location_hash);
  job.template_digest = annotation_of(object, names::job_template);
  job.held = !annotation_of(object, names::held).empty();
  job.made_for = {annotation_of(object, names::made_for)};
  job.secret = annotation_of(object, names::run_secret);
  job.injected = read_injected_volumes(object);
  job.manual = manual_mark_of(object);
  job.started = instant_at(object, "status", "startTime");
  job.deadline = deadline_at(object);
  for (auto state : {"active", "terminating", "succeeded", "failed"})
    job.pods += integer_at(object, "status", state).value_or(0);
  job.state = flag_at(object, "spec", "suspend").value_or(false)
                  ? job_state::waiting
                  : job_state::running;
  job.ticketless = job.state == job_state::waiting && job.started
                   && text_at(object, "spec", "template", "metadata",
                              "annotations", names::admitted)
                          != meta.uid.value;
  if (const auto* complete = find_condition(object, "Complete");
      is_true(complete)) {
    job.state = job_state::complete;
    job.finished = instant_at(*complete, "lastTransitionTime");
  } else if (const auto* failed = find_condition(object, "Failed");
             is_true(failed)) {
    job.state = job_state::failed;
    job.finished = instant_at(*failed, "lastTransitionTime");
    job.reason = text_at(*failed, "reason");
    job.message = text_at(*failed, "message");
  }
  return job;
}

std::string repository_of_job(const json::value& object) {
  auto label = label_of(object, names::repository_hash);
  if (!label.empty())
    return label;
  auto maker = maker_of(object);
  return maker ? maker->id.hex : std::string{};
}

pod_fact read_pod(const json::value& object) {
  auto meta = read_meta(object);
  pod_fact pod;
  pod.key = meta.key;
  pod.uid = meta.uid;
  pod.job = {label_of(object, names::controller_uid)};
  pod.created = meta.created;
  pod.bound = !text_at(object, "spec", "nodeName").empty();
  pod.deadline = deadline_at(object);
  pod.ended = has_ended(object);
  if (!pod.ended && !has_started(object)) {
    pod.pending_since = meta.created;
    pod.obstacle = read_obstacle(object);
  }
  if (!pod.ended && integer_at(object, "spec", "activeDeadlineSeconds")
      && (meta.deleting || !pod.pending_since))
    pod.bounded_since = meta.created;
  if (pod.ended)
    pod.outcome = read_run_outcome(object, kind_of(object));
  return pod;
}

lease_fact read_lease(const json::value& object) {
  auto meta = read_meta(object);
  lease_fact lease;
  lease.exists = true;
  lease.key = meta.key;
  lease.uid = meta.uid;
  lease.version = meta.version;
  lease.deleting = meta.deleting;
  lease.holder = {text_at(object, "spec", "holderIdentity")};
  auto job = annotation_of(object, names::holder_job);
  if (auto slash = job.find('/'); slash != job.npos)
    lease.holder_job = {job.substr(0, slash), job.substr(slash + 1)};
  else
    lease.foreign_holder = std::exchange(lease.holder, {}).value;
  lease.acquired = instant_at(object, "spec", "acquireTime");
  lease.deadline = parse_rfc3339(annotation_of(object, names::holder_deadline));
  lease.winner = parse_claim_key(annotation_of(object, names::winner));
  lease.secret = annotation_of(object, names::holder_secret);
  lease.known
      = ledger_from_annotations(texts_at(object, "metadata", "annotations"));
  return lease;
}

secret_fact read_secret(const json::value& object,
                        std::string_view operator_namespace) {
  auto meta = read_meta(object);
  secret_fact secret{meta.key,     meta.uid,
                     meta.version, {},
                     {},           is_copy_of_fork(object, operator_namespace),
                     meta.deleting};
  if (meta.key.ns != operator_namespace
      || label_of(object, names::secret_copy) != "true")
    return secret;
  secret.repository = label_of(object, names::repository_hash);
  secret.copy = read_copy(object);
  return secret;
}

} // namespace holystone::k8s_io
