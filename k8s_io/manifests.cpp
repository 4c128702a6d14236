#include "k8s_io/manifests.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/owned_fields.hpp"

#include <fmt/format.h>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// The Job's spec: one pod at a time and never two, suspended until the
/// repository's actor resumes it, unless admission is off.
json::object job_spec(const cron_job_intent& wanted,
                      const mover_settings& mover) {
  return {{"suspend", wanted.holds_jobs},
          {"parallelism", 1},
          {"completions", 1},
          {"backoffLimit", 1},
          {"podReplacementPolicy", "Failed"},
          {"activeDeadlineSeconds", deadline_of(wanted, mover).count()},
          {"template", pod_template(wanted, mover)}};
}

/// The template of the Jobs, with its own digest.
json::object job_template(const cron_job_intent& wanted,
                          const mover_settings& mover) {
  json::object annotations{{names::winner, to_string(wanted.winner)}};
  if (auto fields = user_fields(wanted); !fields.empty())
    annotations[names::pod_fields] = fields;
  if (!wanted.secret.empty())
    annotations[names::run_secret] = wanted.secret;
  json::object made{{"metadata",
                     {{"labels", run_labels(wanted)},
                      {"annotations", std::move(annotations)}}},
                    {"spec", job_spec(wanted, mover)}};
  auto digest = digest_of_template(made);
  made["metadata"].as_object()["annotations"].as_object()[names::job_template]
      = digest;
  return made;
}

/// The CronJob's own metadata. A KopiaMaintenance owns its CronJob, so that it
/// goes with it; others' live in another namespace and are never owned.
json::object cron_job_metadata(const cron_job_intent& wanted) {
  json::object annotations{
      {names::source_namespaces,
       fmt::format("{}", fmt::join(wanted.namespaces, "_"))},
      {names::location, wanted.location},
      {names::winner, to_string(wanted.winner)},
      {names::effective_since, to_rfc3339(wanted.effective_since)}};
  if (!wanted.conflict.empty())
    annotations[names::schedule_conflict] = wanted.conflict;
  json::object metadata{{"name", wanted.key.name},
                        {"namespace", wanted.key.ns},
                        {"labels", common_labels(wanted)},
                        {"annotations", std::move(annotations)}};
  if (wanted.winner.kind != claim_kind::kopia_maintenance)
    return metadata;
  auto& labels = metadata["labels"].as_object();
  labels[names::app_name] = "volsync";
  labels[names::app_component] = "kopia-maintenance";
  labels[names::app_manager] = "volsync";
  if (wanted.owner)
    metadata["ownerReferences"]
        = json::array{owner_reference(wanted.winner.object.name, wanted.owner)};
  return metadata;
}

/// History limit 0 would remove a Job before its result is stored; one
/// is kept by the controller and removed by us.
int kept(int limit) {
  return limit < 1 ? 1 : limit;
}

} // namespace

json::object owner_reference(const std::string& maintenance,
                             const object_uid& uid) {
  return {{"apiVersion", "volsync.backube/v1alpha1"},
          {"kind", "KopiaMaintenance"},
          {"name", maintenance},
          {"uid", uid.value},
          {"controller", true}};
}

json::object cron_job(const cron_job_intent& wanted,
                      const mover_settings& mover) {
  return {{"apiVersion", "batch/v1"},
          {"kind", "CronJob"},
          {"metadata", cron_job_metadata(wanted)},
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
            {"jobTemplate", job_template(wanted, mover)}}}};
}

manifest_digests digests(const cron_job_intent& wanted,
                         const mover_settings& mover) {
  json::value object = cron_job(wanted, mover);
  return {digest_of_owned(object),
          text_at(object, "spec", "jobTemplate", "metadata", "annotations",
                  names::job_template)};
}

request apply(std::shared_ptr<const apply_cron_job> what,
              std::shared_ptr<const mover_settings> mover) {
  request apply;
  apply.what = verb::apply;
  apply.kind = resources::cron_jobs;
  apply.ns = what->wanted.key.ns;
  apply.name = what->wanted.key.name;
  // Where not every CronJob is watched one that nobody told us of is somebody
  // else's, or ours and then there is no conflict.
  apply.force = what->uid || what->wanted.made_from.empty();
  apply.body = body_text::maker{[what, mover] {
    auto object = cron_job(what->wanted, *mover);
    if (what->uid)
      object["metadata"].as_object()["uid"] = what->uid.value;
    return json::serialize(object);
  }};
  return apply;
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

request remove(const delete_cron_job& what) {
  return remove(resources::cron_jobs, what.key, what.uid, {},
                propagation::foreground);
}

} // namespace holystone::k8s_io
