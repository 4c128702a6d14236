#include "k8s_io/pod_template.hpp"

#include "k8s_io/names.hpp"
#include "k8s_io/owned_fields.hpp"
#include "k8s_io/pod_volumes.hpp"
#include "scheduler/object_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

json::object to_object(const quantities& amounts) {
  json::object object;
  for (const auto& [name, amount] : amounts)
    object[name] = amount;
  return object;
}

json::array mover_arguments(const cron_job_intent& wanted,
                            const mover_settings& mover) {
  json::array arguments{
      "mover",
      "maintain",
      fmt::format("--repository={}", wanted.location_id.hex),
      fmt::format("--namespace={}", wanted.winner.object.ns),
      fmt::format("--kind={}", to_string(wanted.kind)),
      fmt::format("--deadline={}", deadline_of(wanted, mover).count()),
      fmt::format("--takeover={}", mover.takeover),
  };
  if (!wanted.holds_jobs)
    arguments.push_back("--admission=off");
  if (!wanted.settings.verify)
    arguments.push_back("--no-verify");
  for (auto& flag : cache_arguments(wanted))
    arguments.push_back(std::move(flag));
  for (const auto& identity : wanted.known_identities)
    arguments.push_back(
        json::string(fmt::format("--known-identity={}", identity)));
  if (wanted.volume)
    arguments.push_back(json::string(
        fmt::format("--volume={}", to_text(wanted.volume->identity))));
  if (wanted.volume && !wanted.volume->folder.empty())
    arguments.push_back(json::string(
        fmt::format("--repository-folder={}", wanted.volume->folder)));
  if (has_ca(wanted))
    arguments.push_back("--ca-file=/customCA/ca.crt");
  return arguments;
}

/// The ticket and the Job's UID, which the mover compares, and what it
/// takes to know our own runs.
json::array environment() {
  auto field = [](std::string_view name, std::string path) {
    return json::object{
        {"name", name},
        {"valueFrom",
         {{"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", path}}}}}};
  };
  return {field("HOLYSTONE_ADMITTED",
                fmt::format("metadata.annotations['{}']", names::admitted)),
          field("HOLYSTONE_OWN_RUNS",
                fmt::format("metadata.annotations['{}']", names::own_runs)),
          field("HOLYSTONE_CONTROLLER_UID",
                fmt::format("metadata.labels['{}']", names::controller_uid))};
}

/// What the user wrote; null when that is nothing.
json::value written(const std::string& text) {
  boost::system::error_code broken;
  auto value = text.empty() ? json::value{} : json::parse(text, broken);
  return broken ? json::value{} : value;
}

/// The security context of the pod: the user's as a whole, or ours (contract
/// section 6).
json::value pod_security(const pod_wishes& pods) {
  if (auto own = written(pods.pod_security_context); own.is_object())
    return own;
  return {{"runAsNonRoot", true},
          {"runAsUser", 1000},
          {"runAsGroup", 1000},
          {"fsGroup", 1000},
          {"seccompProfile", {{"type", "RuntimeDefault"}}}};
}

json::value container_security(const pod_wishes& pods) {
  if (auto own = written(pods.container_security_context); own.is_object())
    return own;
  return {{"allowPrivilegeEscalation", false},
          {"privileged", false},
          {"readOnlyRootFilesystem", true},
          {"runAsNonRoot", true},
          {"capabilities", {{"drop", json::array{"ALL"}}}}};
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
          {"volumeMounts", mounts_of(wanted)},
          {"securityContext", container_security(pods_of(wanted.settings))}};
}

/// Labels of a pod that nobody but the operator and the Job controller sets.
bool is_ours(std::string_view label) {
  return std::ranges::count(owned_labels, label) > 0
         || label.starts_with("batch.kubernetes.io/")
         || label == "controller-uid" || label == "job-name";
}

/// Where the user wants the pod to run. What is empty is not written, because
/// the server would not store it.
void place(json::object& spec, const pod_wishes& pods) {
  if (auto wish = written(pods.affinity);
      wish.is_object() && !wish.get_object().empty())
    spec["affinity"] = std::move(wish);
  if (auto wish = written(pods.tolerations);
      wish.is_array() && !wish.get_array().empty())
    spec["tolerations"] = std::move(wish);
  json::object selector;
  for (const auto& [name, value] : pods.node_selector)
    selector[name] = value;
  if (!selector.empty())
    spec["nodeSelector"] = std::move(selector);
}

/// A ServiceAccount that the user gives keeps its token (contract section 6).
void set_account(json::object& spec, const pod_wishes& pods) {
  if (pods.service_account.empty()) {
    spec["serviceAccountName"] = names::service_account;
    spec["automountServiceAccountToken"] = false;
  } else {
    spec["serviceAccountName"] = pods.service_account;
  }
}

} // namespace

json::object common_labels(const cron_job_intent& wanted) {
  json::object labels{
      {names::kopia_maintenance, "true"},
      {names::repository_hash, wanted.id.hex},
      {names::location_hash, wanted.location_id.hex},
      {names::run_kind, to_string(wanted.kind)},
      {names::source_namespaces, namespaces_label(wanted.namespaces)}};
  if (!wanted.made_from.empty())
    labels[names::operator_namespace] = wanted.made_from;
  if (wanted.winner.kind == claim_kind::kopia_maintenance)
    labels[names::maintenance_name]
        = shortened(wanted.winner.object.name, longest_label);
  return labels;
}

json::object run_labels(const cron_job_intent& wanted) {
  auto labels = common_labels(wanted);
  labels[names::velero_exclude] = "true";
  if (!wanted.manual_tag.empty())
    labels[names::maintenance_type] = names::manual;
  return labels;
}

seconds deadline_of(const cron_job_intent& wanted,
                    const mover_settings& mover) {
  return std::min(longest_run,
                  wanted.settings.deadline.value_or(mover.limits.job_deadline));
}

std::string user_fields(const cron_job_intent& wanted) {
  const auto& pods = pods_of(wanted.settings);
  json::object spec;
  place(spec, pods);
  std::vector<std::string> all;
  for (auto name : {"affinity", "tolerations"})
    if (spec.contains(name))
      all.emplace_back(name);
  for (const auto& [name, value] : pods.labels)
    if (!is_ours(name))
      all.push_back("labels/" + name);
  for (const auto& [name, value] : pods.node_selector)
    all.push_back("nodeSelector/" + name);
  return fmt::format("{}", fmt::join(all, " "));
}

json::object pod_template(const cron_job_intent& wanted,
                          const mover_settings& mover) {
  const auto& pods = pods_of(wanted.settings);
  auto labels = run_labels(wanted);
  for (const auto& [name, value] : pods.labels)
    if (!is_ours(name))
      labels[name] = value;
  json::object spec{
      {"restartPolicy", "Never"},
      {"activeDeadlineSeconds", deadline_of(wanted, mover).count() + 60},
      {"terminationGracePeriodSeconds", mover.limits.termination_grace.count()},
      {"securityContext", pod_security(pods)},
      {"containers", json::array{container(wanted, mover)}},
      {"volumes", volumes_of(wanted)}};
  set_account(spec, pods);
  place(spec, pods);
  return {{"metadata", {{"labels", std::move(labels)}}},
          {"spec", std::move(spec)}};
}

request apply_service_account(std::string_view ns,
                              std::string_view operator_namespace) {
  json::object labels{{names::kopia_maintenance, "true"}};
  if (ns != operator_namespace)
    labels[names::operator_namespace] = operator_namespace;
  request what;
  what.what = verb::apply;
  what.kind = resources::service_accounts;
  what.ns = ns;
  what.name = names::service_account;
  what.body = json::serialize(json::object{
      {"apiVersion", "v1"},
      {"kind", "ServiceAccount"},
      {"metadata",
       {{"name", what.name}, {"namespace", what.ns}, {"labels", labels}}},
      {"automountServiceAccountToken", false}});
  return what;
}

} // namespace holystone::k8s_io
