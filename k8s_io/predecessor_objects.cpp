#include "k8s_io/predecessor_objects.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"

#include <algorithm>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// The pod's spec in a CronJob, a Job or a pod.
const json::value* pod_spec_of(const json::value& object) {
  if (const auto* cron_job = find(object, "spec", "jobTemplate"))
    return find(*cron_job, "spec", "template", "spec");
  if (const auto* job = find(object, "spec", "template"))
    return find(*job, "spec");
  return find(object, "spec");
}

/// The container that maintained in every generation of the fork.
const json::value* container_of(const json::value& object) {
  const auto* pod = pod_spec_of(object);
  if (!pod)
    return nullptr;
  for (const auto& one : items_at(*pod, "containers"))
    if (text_at(one, "name") == names::container)
      return &one;
  return nullptr;
}

/// Is the fork's script in this part of a command line? The first generation
/// looked for it in the wrong place.
bool names_script(const json::array& words) {
  return std::ranges::any_of(words, [](const json::value& word) {
    const auto* text = word.if_string();
    return text
           && (std::string_view{*text}.starts_with("/mover-kopia/entry.sh")
               || std::string_view{*text}.starts_with("/entry.sh"));
  });
}

/// An entry of managedFields of whoever wrote the Job template by an update.
bool is_makers(const json::value& entry) {
  return text_at(entry, "manager") != field_manager
         && text_at(entry, "operation") == "Update"
         && text_at(entry, "subresource").empty()
         && find(entry, "fieldsV1", "f:spec", "f:jobTemplate");
}

bool is_our_apply(const json::value& entry) {
  return text_at(entry, "manager") == field_manager
         && text_at(entry, "operation") == "Apply"
         && text_at(entry, "subresource").empty();
}

void merge(json::object& into, const json::object& from) {
  for (const auto& member : from) {
    auto& there = into[member.key()];
    if (!there.is_object())
      there.emplace_object();
    if (const auto* fields = member.value().if_object())
      merge(there.as_object(), *fields);
  }
}

/// The entries after the adoption: the makers' fields are in our own entry.
json::array adopted_fields(const json::array& before) {
  json::array others;
  json::object mine{{"manager", field_manager},
                    {"operation", "Apply"},
                    {"apiVersion", "batch/v1"},
                    {"fieldsType", "FieldsV1"},
                    {"fieldsV1", json::object{}}};
  for (const auto& entry : before) {
    if (!is_our_apply(entry) && !is_makers(entry)) {
      others.push_back(entry);
      continue;
    }
    if (const auto* time = find(entry, "time"))
      mine["time"] = *time;
    merge(mine["fieldsV1"].as_object(), members_at(entry, "fieldsV1"));
  }
  others.push_back(std::move(mine));
  return others;
}

} // namespace

bool is_of_fork(const json::value& object) {
  const auto* container = container_of(object);
  if (!container
      || !text_at(object, "metadata", "labels", names::location_hash).empty())
    return false;
  auto maintains = std::ranges::any_of(
      items_at(*container, "env"), [](const json::value& variable) {
        return text_at(variable, "name") == "DIRECTION"
               && text_at(variable, "value") == "maintenance";
      });
  return maintains
         && (names_script(items_at(*container, "command"))
             || names_script(items_at(*container, "args")));
}

object_key secret_of_fork(const json::value& object) {
  object_key key{text_at(object, "metadata", "namespace"), {}};
  if (const auto* container = container_of(object))
    for (const auto& from : items_at(*container, "envFrom"))
      if (key.name.empty())
        key.name = text_at(from, "secretRef", "name");
  return key;
}

predecessor read_predecessor(const json::value& cron_job) {
  predecessor old;
  old.object = read_cron_job(cron_job);
  old.object.ours = false;
  old.secret = secret_of_fork(cron_job);
  old.of_maintenance
      = !text_at(cron_job, "metadata", "labels", names::maintenance_name)
             .empty();
  old.active = !items_at(cron_job, "status", "active").empty();
  const auto& entries = items_at(cron_job, "metadata", "managedFields");
  old.is_adopted = std::ranges::any_of(entries, is_our_apply)
                   && std::ranges::none_of(entries, is_makers);
  for (const auto& entry : entries)
    if (text_at(entry, "manager") == field_manager)
      old.touched = std::max(old.touched, instant_at(entry, "time"));
  return old;
}

bool is_copy_of_fork(const json::value& secret,
                     std::string_view operator_namespace) {
  auto key = read_meta(secret).key;
  return key.ns == operator_namespace
         && label_of(secret, names::fork_copy) == "true"
         && label_of(secret, names::secret_copy).empty()
         && is_secret_of(key, {annotation_of(secret, names::source_namespace),
                               annotation_of(secret, names::source_secret)});
}

request suspend(const suspend_predecessor& what) {
  request patch;
  patch.what = verb::merge_patch;
  patch.kind = resources::cron_jobs;
  patch.ns = what.key.ns;
  patch.name = what.key.name;
  patch.body = json::serialize(json::object{
      {"metadata", {{"uid", what.uid.value}}}, {"spec", {{"suspend", true}}}});
  return patch;
}

request remove(const remove_predecessor& what) {
  auto is_cron_job = what.what == predecessor::kind::cron_job;
  return remove(is_cron_job ? resources::cron_jobs : resources::secrets,
                what.key, what.uid, {},
                is_cron_job ? propagation::foreground
                            : propagation::background);
}

request adopt(const json::value& cron_job) {
  auto meta = read_meta(cron_job);
  request patch;
  patch.what = verb::json_patch;
  patch.kind = resources::cron_jobs;
  patch.ns = meta.key.ns;
  patch.name = meta.key.name;
  patch.body = json::serialize(json::array{
      json::object{
          {"op", "test"}, {"path", "/metadata/uid"}, {"value", meta.uid.value}},
      json::object{{"op", "replace"},
                   {"path", "/metadata/resourceVersion"},
                   {"value", meta.version.value}},
      json::object{{"op", "add"}, {"path", "/spec/suspend"}, {"value", true}},
      json::object{{"op", "add"},
                   {"path", "/metadata/managedFields"},
                   {"value", adopted_fields(items_at(cron_job, "metadata",
                                                     "managedFields"))}}});
  return patch;
}

} // namespace holystone::k8s_io
