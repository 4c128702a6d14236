#include "simulator/kinds.hpp"

#include <algorithm>

namespace holystone::simulator {

namespace {

const std::vector<std::string> all_verbs{"create", "delete", "deletecollection",
                                         "get",    "list",   "patch",
                                         "update", "watch"};

enum trait : unsigned {
  cluster_scoped = 1,
  with_status = 2,
  with_generation = 4,
  needs_version = 8,
  created_by_update = 16,
  in_all = 32,
};

kind_info built_in(std::string group, std::string plural, std::string kind,
                   std::vector<std::string> short_names, unsigned traits) {
  kind_info info;
  info.group = std::move(group);
  info.version = "v1";
  info.plural = std::move(plural);
  info.kind = std::move(kind);
  info.list_kind = info.kind + "List";
  info.singular = info.kind;
  std::transform(info.singular.begin(), info.singular.end(),
                 info.singular.begin(), [](char c) {
                   return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
                 });
  info.short_names = std::move(short_names);
  info.namespaced = (traits & cluster_scoped) == 0;
  info.has_status = (traits & with_status) != 0;
  info.has_generation = (traits & with_generation) != 0;
  info.unconditional_update = (traits & needs_version) == 0;
  info.create_on_update = (traits & created_by_update) != 0;
  if (info.has_status)
    info.subresources.emplace_back("status");
  if ((traits & in_all) != 0)
    info.categories.emplace_back("all");
  info.verbs = all_verbs;
  return info;
}

} // namespace

std::string kind_info::api_version() const {
  return group.empty() ? version : group + "/" + version;
}

std::string kind_info::id() const {
  return group.empty() ? plural : plural + "." + group;
}

bool kind_info::serves(std::string_view subresource) const {
  return std::find(subresources.begin(), subresources.end(), subresource)
         != subresources.end();
}

bool is_definition(const kind_info& kind) {
  return kind.kind == "CustomResourceDefinition" && kind.custom == nullptr;
}

kind_registry::kind_registry() {
  auto add = [this](auto&&... args) -> kind_info& {
    return kinds_.emplace_back(built_in(args...));
  };
  add("", "configmaps", "ConfigMap", std::vector<std::string>{"cm"}, 0U);
  add("", "events", "Event", std::vector<std::string>{"ev"},
      0U + created_by_update);
  auto& namespaces
      = add("", "namespaces", "Namespace", std::vector<std::string>{"ns"},
            0U + cluster_scoped + with_status);
  namespaces.subresources.emplace_back("finalize");
  std::erase(namespaces.verbs, "deletecollection");
  add("", "nodes", "Node", std::vector<std::string>{"no"},
      0U + cluster_scoped + with_status);
  add("", "persistentvolumeclaims", "PersistentVolumeClaim",
      std::vector<std::string>{"pvc"}, 0U + with_status);
  add("", "persistentvolumes", "PersistentVolume",
      std::vector<std::string>{"pv"}, 0U + cluster_scoped + with_status);
  add("", "pods", "Pod", std::vector<std::string>{"po"},
      0U + with_status + with_generation + in_all)
      .subresources.emplace_back("log");
  add("", "secrets", "Secret", std::vector<std::string>{}, 0U);
  add("", "serviceaccounts", "ServiceAccount", std::vector<std::string>{"sa"},
      0U);
  add("batch", "cronjobs", "CronJob", std::vector<std::string>{"cj"},
      0U + with_status + with_generation + in_all);
  add("batch", "jobs", "Job", std::vector<std::string>{},
      0U + with_status + with_generation + in_all);
  add("coordination.k8s.io", "leases", "Lease", std::vector<std::string>{},
      0U + needs_version + created_by_update);
  auto rbac = "rbac.authorization.k8s.io";
  add(rbac, "clusterrolebindings", "ClusterRoleBinding",
      std::vector<std::string>{}, 0U + cluster_scoped);
  add(rbac, "clusterroles", "ClusterRole", std::vector<std::string>{},
      0U + cluster_scoped);
  add(rbac, "rolebindings", "RoleBinding", std::vector<std::string>{}, 0U);
  add(rbac, "roles", "Role", std::vector<std::string>{}, 0U);
  add("apiextensions.k8s.io", "customresourcedefinitions",
      "CustomResourceDefinition", std::vector<std::string>{"crd", "crds"},
      0U + cluster_scoped + with_status + with_generation + needs_version)
      .categories.emplace_back("api-extensions");
}

const kind_info* kind_registry::find(std::string_view group,
                                     std::string_view version,
                                     std::string_view plural) const {
  for (auto& each : kinds_)
    if (each.plural == plural && each.group == group && each.version == version)
      return &each;
  return nullptr;
}

const kind_info* kind_registry::find(const k8s_io::resource& what) const {
  return find(what.group, what.version, what.plural);
}

const kind_info* kind_registry::find_kind(std::string_view api_version,
                                          std::string_view kind) const {
  for (auto& each : kinds_)
    if (each.kind == kind && each.api_version() == api_version)
      return &each;
  return nullptr;
}

void kind_registry::put(kind_info what) {
  for (auto& each : kinds_)
    if (each.group == what.group && each.plural == what.plural) {
      each = std::move(what);
      return;
    }
  kinds_.push_back(std::move(what));
}

void kind_registry::remove(std::string_view group, std::string_view plural) {
  std::erase_if(kinds_, [&](const kind_info& each) {
    return each.group == group && each.plural == plural;
  });
}

} // namespace holystone::simulator
