#include "simulator/namespace_content.hpp"

#include "k8s_io/requests.hpp"
#include "simulator/object_edit.hpp"

#include <string_view>

namespace holystone::simulator {

namespace json = boost::json;
namespace resources = k8s_io::resources;

namespace {

constexpr std::string_view account = "default";
constexpr std::string_view certificate = "kube-root-ca.crt";
constexpr k8s_io::resource config_maps{"", "v1", "configmaps", "ConfigMap"};

json::value root_certificate() {
  return {
      {"metadata",
       {{"name", certificate},
        {"annotations",
         {{"kubernetes.io/description",
           "Contains a CA bundle that can be used to verify the "
           "kube-apiserver when using internal endpoints such as the "
           "internal service IP or kubernetes.default.svc. No other usage "
           "is guaranteed across distributions of Kubernetes clusters."}}}}},
      {"data", {{"ca.crt", ""}}}};
}

} // namespace

namespace_content::namespace_content(api_server& server) : server_(server) {
  // nop
}

void namespace_content::step(instant now) {
  store view{server_, "kube-controller-manager", now};
  for (auto& change : view.changes(resources::namespaces, namespaces_))
    if (!change.deleted)
      complete(view, change.key.name);
  for (auto& change : view.changes(resources::service_accounts, accounts_))
    if (change.deleted && change.key.name == account)
      complete(view, change.key.ns);
  for (auto& change : view.changes(config_maps, config_maps_))
    if (change.key.name == certificate)
      complete(view, change.key.ns);
}

void namespace_content::complete(store& view, const std::string& ns) {
  auto owner = view.get(resources::namespaces, {"", ns});
  if (!owner || is_deleting(*owner))
    return;
  auto make = [&](const k8s_io::resource& kind, std::string_view name,
                  json::value object) {
    if (view.get(kind, {ns, std::string{name}}))
      return;
    field(object, {"metadata", "namespace"}) = ns;
    view.create(kind, object);
  };
  make(resources::service_accounts, account,
       {{"metadata", {{"name", account}}}});
  make(config_maps, certificate, root_certificate());
}

} // namespace holystone::simulator
