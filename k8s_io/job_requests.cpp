#include "k8s_io/job_requests.hpp"

#include "k8s_io/manifests.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/owned_fields.hpp"

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// A Job as the CronJob of `wanted` makes it, without a name.
json::object job_from(const cron_job_intent& wanted,
                      const mover_settings& mover) {
  auto made = cron_job(wanted, mover);
  auto job = made["spec"].as_object()["jobTemplate"].as_object();
  job["apiVersion"] = "batch/v1";
  job["kind"] = "Job";
  return job;
}

request create_job(const object_key& key, json::object job) {
  auto& metadata = job["metadata"].as_object();
  metadata["name"] = key.name;
  metadata["namespace"] = key.ns;
  request create;
  create.what = verb::create;
  create.kind = resources::jobs;
  create.ns = key.ns;
  create.name = key.name;
  create.body = json::serialize(job);
  return create;
}

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

request recreate_job(const cron_job_intent& wanted, const mover_settings& mover,
                     const job_fact& old, const object_uid& owner) {
  auto job = job_from(wanted, mover);
  auto& metadata = job["metadata"].as_object();
  // The name is a function of the old Job and the template, so that a retry
  // after a lost answer meets its own work.
  auto suffix = digest_of(old.uid.value
                          + std::string{metadata["annotations"]
                                            .as_object()[names::job_template]
                                            .as_string()})
                    .substr(0, 6);
  auto name = old.key.name.substr(0, 63 - 7) + "-" + suffix;
  metadata["annotations"].as_object()[names::made_for] = old.uid.value;
  if (old.slot)
    metadata["annotations"].as_object()[names::scheduled_slot]
        = to_rfc3339(*old.slot);
  if (owner)
    metadata["ownerReferences"]
        = json::array{json::object{{"apiVersion", "batch/v1"},
                                   {"kind", "CronJob"},
                                   {"name", wanted.key.name},
                                   {"uid", owner.value},
                                   {"controller", true}}};
  return create_job({wanted.key.ns, name}, std::move(job));
}

request create(const make_job& what, const mover_settings& mover) {
  const auto& wanted = what.wanted;
  auto job = job_from(wanted, mover);
  auto& metadata = job["metadata"].as_object();
  metadata["annotations"].as_object()[names::manual_tag] = wanted.manual_tag;
  metadata["ownerReferences"]
      = json::array{owner_reference(wanted.winner.object.name, wanted.owner)};
  return create_job(wanted.key, std::move(job));
}

request resume(const job_fact& job, std::string_view location,
               const own_runs& ours) {
  return patch_job(job, {{"resourceVersion", job.version.value}},
                   {{"suspend", false},
                    {"podReplacementPolicy", "Failed"},
                    {"template",
                     {{"metadata",
                       {{"annotations",
                         {{names::admitted, job.uid.value},
                          {names::own_runs, to_text(ours)}}},
                        {"labels",
                         {{names::kopia_maintenance, "true"},
                          {names::location_hash, location},
                          {names::velero_exclude, "true"}}}}}}}});
}

request suspend(const job_fact& job) {
  // Seen through an old cache, a run that was let in since looks as if it had
  // not been.
  return patch_job(job,
                   {{"resourceVersion", job.version.value},
                    {"annotations", {{names::held, "true"}}}},
                   {{"suspend", true}});
}

request remove(const job_fact& job) {
  return remove(resources::jobs, job.key, job.uid, job.version,
                propagation::foreground);
}

} // namespace holystone::k8s_io
