#include "simulator/not_modelled.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 16> groups{
    "admissionregistration.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "certificates.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io"};

/// Of the core group.
constexpr std::array<std::string_view, 8> resources{
    "bindings",     "componentstatuses",      "endpoints", "limitranges",
    "podtemplates", "replicationcontrollers", "services",  "resourcequotas"};

constexpr std::array<std::string_view, 11> subresources{
    "approval", "attach", "binding",     "ephemeralcontainers",
    "eviction", "exec",   "portforward", "proxy",
    "resize",   "scale",  "token"};

constexpr std::array<std::string_view, 3> forms{
    "application/yaml", "application/vnd.kubernetes.protobuf",
    "application/cbor"};

/// Of a Job's spec; `Indexed` is a value of completionMode.
constexpr std::array<std::string_view, 5> job_fields{
    "podFailurePolicy", "successPolicy", "backoffLimitPerIndex",
    "maxFailedIndexes", "Indexed"};

/// Told where definitions are read.
constexpr std::array<std::string_view, 13> of_definitions{
    "several served versions",
    "the scale subresource of custom kinds",
    "CEL rules other than this project's",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
    "multipleOf",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "uniqueItems",
    "minProperties",
    "x-kubernetes-embedded-resource"};

template <class Names>
bool holds(const Names& names, std::string_view wanted) {
  return std::find(names.begin(), names.end(), wanted) != names.end();
}

complaint refuse_job(const json::value& spec, const std::string& at) {
  for (auto name : job_fields)
    if (k8s_io::find(spec, name) != nullptr)
      return not_modelled(fmt::format("the field {}.{}", at, name));
  if (k8s_io::text_at(spec, "completionMode") == "Indexed")
    return not_modelled(fmt::format("{}.completionMode Indexed", at));
  return std::nullopt;
}

} // namespace

std::vector<std::string_view> all_not_modelled() {
  std::vector<std::string_view> out;
  auto add = [&](const auto& names) {
    out.insert(out.end(), names.begin(), names.end());
  };
  add(groups);
  add(resources);
  add(subresources);
  add(forms);
  add(job_fields);
  add(of_definitions);
  return out;
}

complaint refuse_resource(const target& where, const kind_info* kind) {
  if (kind == nullptr) {
    if (holds(groups, where.group))
      return not_modelled("the API group " + where.group);
    if (where.group.empty() && holds(resources, where.plural))
      return not_modelled("the resource " + where.plural);
    return std::nullopt;
  }
  if (holds(subresources, where.subresource)
      && !kind->serves(where.subresource))
    return not_modelled(
        fmt::format("the subresource {} of {}", where.subresource, kind->id()));
  return std::nullopt;
}

complaint refuse_form(std::string_view accept) {
  for (auto each : forms)
    if (accept.find(each) != accept.npos)
      return not_modelled(fmt::format("an answer as {}", each));
  return std::nullopt;
}

complaint refuse_fields(const kind_info& kind, const json::value& object) {
  const json::value* spec = nullptr;
  if (kind.id() == "jobs.batch" && (spec = k8s_io::find(object, "spec")))
    return refuse_job(*spec, "spec");
  if (kind.id() == "cronjobs.batch"
      && (spec = k8s_io::find(object, "spec", "jobTemplate", "spec")))
    return refuse_job(*spec, "spec.jobTemplate.spec");
  return std::nullopt;
}

} // namespace holystone::simulator
