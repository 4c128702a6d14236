#include "k8s_io/pod_template.hpp"

#include "k8s_io/names.hpp"

#include <fmt/format.h>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

json::object to_object(const quantities& amounts) {
  json::object object;
  for (const auto& [name, amount] : amounts)
    object[name] = amount;
  return object;
}

/// The volume that our pods mount for the repository, if any.
const repository_volume* mounted_volume(const cron_job_intent& wanted) {
  return wanted.volume && !wanted.volume->is_injected() ? &*wanted.volume
                                                        : nullptr;
}

bool has_ca(const cron_job_intent& wanted) {
  return !wanted.ca.empty() || wanted.own_ca;
}

json::array mover_arguments(const cron_job_intent& wanted,
                            const mover_settings& mover) {
  json::array arguments{
      "mover",
      "maintain",
      fmt::format("--repository={}", wanted.location_id.hex),
      fmt::format("--namespace={}", wanted.winner.object.ns),
      fmt::format("--kind={}", to_string(wanted.kind)),
      fmt::format("--deadline={}", mover.limits.job_deadline.count()),
      fmt::format("--takeover={}", mover.takeover),
  };
  if (!wanted.holds_jobs)
    arguments.push_back("--admission=off");
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

/// The claimant's own CA object, under the name that the copies have.
json::object ca_source_of(const custom_ca& ca) {
  json::array items{json::object{{"key", ca.key}, {"path", "ca.crt"}}};
  json::object volume{{"name", "custom-ca"}};
  if (!ca.secret_name.empty())
    volume["secret"] = {{"secretName", ca.secret_name},
                        {"items", items},
                        {"defaultMode", 0444}};
  else
    volume["configMap"] = {
        {"name", ca.config_map_name}, {"items", items}, {"defaultMode", 0444}};
  return volume;
}

/// The repository's own volume (contract section 3).
json::object repository_source(const repository_volume& volume) {
  json::object source{{"name", names::repository_volume}};
  const auto& parts = volume.identity.parts;
  if (volume.claim.name.empty())
    source["nfs"]
        = {{"server", parts.at("server")}, {"path", parts.at("share")}};
  else
    source["persistentVolumeClaim"] = {{"claimName", volume.claim.name}};
  return source;
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
  if (wanted.own_ca)
    list.push_back(ca_source_of(*wanted.own_ca));
  if (const auto* volume = mounted_volume(wanted))
    list.push_back(repository_source(*volume));
  return list;
}

json::array mounts(const cron_job_intent& wanted) {
  json::array list{{{"name", "credentials"},
                    {"mountPath", "/credentials"},
                    {"readOnly", true}},
                   {{"name", "config"}, {"mountPath", "/config"}},
                   {{"name", "cache"}, {"mountPath", "/cache"}},
                   {{"name", "tmp"}, {"mountPath", "/tmp"}}};
  if (has_ca(wanted))
    list.push_back({{"name", "custom-ca"},
                    {"mountPath", "/customCA"},
                    {"readOnly", true}});
  if (mounted_volume(wanted))
    list.push_back(
        {{"name", names::repository_volume}, {"mountPath", repository_mount}});
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
  return labels;
}

json::object run_labels(const cron_job_intent& wanted) {
  auto labels = common_labels(wanted);
  labels[names::velero_exclude] = "true";
  return labels;
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
