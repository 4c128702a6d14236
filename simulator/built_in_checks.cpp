#include "simulator/built_in.hpp"
#include "simulator/object_edit.hpp"
#include "simulator/object_meta.hpp"
#include "simulator/values.hpp"

#include "k8s_io/base64.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

void check_data(const json::value& object, field_errors& errors) {
  for (auto& each : k8s_io::members_at(object, "data")) {
    std::string_view key = each.key();
    bool fine = !key.empty() && key.size() <= 253 && key != "." && key != ".."
                && std::all_of(key.begin(), key.end(), [](char c) {
                     return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9') || c == '-' || c == '_'
                            || c == '.';
                   });
    if (!fine)
      errors.invalid(fmt::format("data[{}]", key), json::value(key),
                     "a valid config key must consist of alphanumeric "
                     "characters, '-', '_' or '.' (e.g. 'key.name',  or "
                     "'KEY_NAME',  or 'key-name', regex used for validation "
                     "is '[-._a-zA-Z0-9]+')");
  }
}

void check_immutable(const json::value& before, const json::value& after,
                     field_errors& errors) {
  if (!k8s_io::flag_at(before, "immutable").value_or(false))
    return;
  auto old = k8s_io::find(before, "data");
  auto now = k8s_io::find(after, "data");
  bool same = old && now ? *old == *now : old == now;
  if (!same)
    errors.forbidden("data", "field is immutable when `immutable` is set");
  if (!k8s_io::flag_at(after, "immutable").value_or(false))
    errors.forbidden("immutable", "field is immutable when `immutable` is set");
}

void check_secret(const json::value& object, field_errors& errors) {
  check_data(object, errors);
  std::size_t total = 0;
  for (auto& each : k8s_io::members_at(object, "data")) {
    auto text = each.value().if_string();
    auto bytes = text ? k8s_io::from_base64(*text) : std::nullopt;
    if (!bytes)
      errors.invalid(fmt::format("data[{}]", std::string_view{each.key()}), "",
                     "must be base64");
    else
      total += bytes->size();
  }
  // 1 MiB of decoded bytes.
  if (total > 1024 * 1024)
    errors.too_long("data", 1024 * 1024);
}

// A pod's spec is fixed but for a few fields.
void check_pod_update(const json::value& before, const json::value& after,
                      field_errors& errors) {
  auto strip = [](json::value object) {
    auto& spec = field(object, {"spec"});
    for (auto name : {"activeDeadlineSeconds", "tolerations",
                      "terminationGracePeriodSeconds", "nodeName"})
      drop(spec, {name});
    for (auto name : {"containers", "initContainers"})
      for (auto& each : list(spec, {name}))
        drop(each, {"image"});
    return spec;
  };
  for (auto name : {"containers", "initContainers"})
    if (k8s_io::items_at(before, "spec", name).size()
        != k8s_io::items_at(after, "spec", name).size()) {
      errors.forbidden(fmt::format("spec.{}", name),
                       "pod updates may not add or remove containers");
      return;
    }
  auto bound = k8s_io::text_at(before, "spec", "nodeName");
  bool moved
      = !bound.empty() && bound != k8s_io::text_at(after, "spec", "nodeName");
  if (moved || strip(before) != strip(after))
    errors.forbidden("spec",
                     "pod updates may not change fields other than "
                     "`spec.containers[*].image`,"
                     "`spec.initContainers[*].image`,"
                     "`spec.activeDeadlineSeconds`,"
                     "`spec.tolerations` (only additions to existing "
                     "tolerations),`spec.terminationGracePeriodSeconds` "
                     "(allow it to be set to 1 if it was previously "
                     "negative)");
}

void check_lease(const json::value& object, field_errors& errors) {
  auto duration = k8s_io::integer_at(object, "spec", "leaseDurationSeconds");
  if (duration && *duration <= 0)
    errors.invalid("spec.leaseDurationSeconds", *duration,
                   "must be greater than 0");
  auto transitions = k8s_io::integer_at(object, "spec", "leaseTransitions");
  if (transitions && *transitions < 0)
    errors.invalid("spec.leaseTransitions", *transitions,
                   "must be greater than or equal to 0");
  for (auto name : {"acquireTime", "renewTime"}) {
    auto text = k8s_io::text_at(object, "spec", name);
    if (!text.empty() && !is_date_time(text))
      errors.invalid(fmt::format("spec.{}", name), json::value(text),
                     "must be an RFC 3339 time");
  }
}

void check_event(const json::value& object, field_errors& errors) {
  auto own = k8s_io::text_at(object, "metadata", "namespace");
  auto about = k8s_io::text_at(object, "involvedObject", "namespace");
  bool cluster_wide = about.empty() && own == "default";
  if (own != about && !cluster_wide)
    errors.invalid("involvedObject.namespace", json::value(about),
                   "does not match event.namespace");
}

constexpr std::string_view label_wanted
    = "a lowercase RFC 1123 label is needed";

std::set<std::string> check_volumes(const json::value& spec,
                                    const std::string& at,
                                    field_errors& errors) {
  std::set<std::string> volumes;
  std::size_t index = 0;
  for (auto& each : k8s_io::items_at(spec, "volumes")) {
    auto field = fmt::format("{}.volumes[{}].name", at, index++);
    auto name = k8s_io::text_at(each, "name");
    if (!is_label(name))
      errors.invalid(field, json::value(name), label_wanted);
    else if (!volumes.insert(name).second)
      errors.duplicate(field, json::value(name));
  }
  return volumes;
}

void check_container_name(const std::string& name, const std::string& at,
                          std::set<std::string>& names, field_errors& errors) {
  if (name.empty())
    errors.required(at + ".name");
  else if (!is_label(name))
    errors.invalid(at + ".name", json::value(name), label_wanted);
  else if (!names.insert(name).second)
    errors.duplicate(at + ".name", json::value(name));
}

void check_container(const json::value& container, const std::string& at,
                     const std::set<std::string>& volumes,
                     field_errors& errors) {
  if (k8s_io::text_at(container, "image").empty())
    errors.required(at + ".image");
  std::size_t index = 0;
  for (auto& each : k8s_io::items_at(container, "volumeMounts")) {
    auto field = fmt::format("{}.volumeMounts[{}].name", at, index++);
    auto volume = k8s_io::text_at(each, "name");
    if (!volumes.contains(volume)) {
      errors.not_found(field, json::value(volume));
    }
  }
  check_resources(container, at, errors);
}

} // namespace

void check_pod_spec(const json::value& spec, const std::string& at,
                    field_errors& errors) {
  if (k8s_io::items_at(spec, "containers").empty())
    errors.required(at + ".containers");
  auto volumes = check_volumes(spec, at, errors);
  std::set<std::string> names;
  for (auto group : {"initContainers", "containers"}) {
    std::size_t index = 0;
    for (auto& each : k8s_io::items_at(spec, group)) {
      auto where = fmt::format("{}.{}[{}]", at, group, index++);
      check_container_name(k8s_io::text_at(each, "name"), where, names, errors);
      check_container(each, where, volumes, errors);
    }
  }
  auto policy = k8s_io::text_at(spec, "restartPolicy");
  if (policy != "Always" && policy != "OnFailure" && policy != "Never")
    errors.unsupported(at + ".restartPolicy", json::value(policy),
                       {"Always", "OnFailure", "Never"});
  if (auto deadline = k8s_io::integer_at(spec, "activeDeadlineSeconds");
      deadline && *deadline < 1)
    errors.invalid(at + ".activeDeadlineSeconds", *deadline,
                   "must be between 1 and 2147483647, inclusive");
}

void check_built_in(const kind_info& kind, const json::value* before,
                    const json::value& after, int minor, field_errors& errors) {
  auto& name = kind.kind;
  if (name == "Secret") {
    check_secret(after, errors);
    if (before != nullptr
        && k8s_io::text_at(*before, "type") != k8s_io::text_at(after, "type"))
      errors.invalid("type", json::value(k8s_io::text_at(after, "type")),
                     "field is immutable");
  }
  if (name == "ConfigMap")
    check_data(after, errors);
  if (before != nullptr && (name == "Secret" || name == "ConfigMap"))
    check_immutable(*before, after, errors);
  if (name == "Lease")
    check_lease(after, errors);
  if (name == "Event")
    check_event(after, errors);
  if (name == "CronJob")
    check_cron_job(after, before, errors);
  auto spec = k8s_io::find(after, "spec");
  static const json::value empty = json::object{};
  if (name == "Job") {
    check_job_spec(spec ? *spec : empty, "spec", false, errors);
    if (before != nullptr)
      check_job_update(*before, after, minor, errors);
  }
  if (name == "Pod") {
    if (before == nullptr)
      check_pod_spec(spec ? *spec : empty, "spec", errors);
    else
      check_pod_update(*before, after, errors);
  }
}

} // namespace holystone::simulator
