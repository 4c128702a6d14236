#include "simulator/discovery.hpp"

#include "simulator/kinds.hpp"
#include "simulator/open_api.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace holystone::simulator {

namespace {

namespace json = boost::json;

json::array to_array(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts)
    out.emplace_back(text);
  return out;
}

// The verbs under which a subresource is served.
json::array verbs_of(std::string_view subresource) {
  if (subresource == "log")
    return {"get"};
  if (subresource == "finalize")
    return {"update"};
  return {"get", "patch", "update"};
}

// Groups in the order of their first kind, each with its versions.
struct group_versions {
  std::string group;
  std::vector<std::string> versions;
};

std::vector<group_versions> groups_of(const kind_registry& kinds) {
  std::vector<group_versions> out;
  for (const auto& kind : kinds.all()) {
    auto same = [&](const auto& known) {
      return known.group == kind.group;
    };
    auto at = std::find_if(out.begin(), out.end(), same);
    if (at == out.end())
      at = out.insert(at, {kind.group, {}});
    auto& versions = at->versions;
    if (std::find(versions.begin(), versions.end(), kind.version)
        == versions.end())
      versions.push_back(kind.version);
  }
  return out;
}

json::object api_group(const group_versions& from) {
  json::array versions;
  for (const auto& version : from.versions)
    versions.push_back(
        {{"groupVersion", from.group + "/" + version}, {"version", version}});
  auto preferred = versions.front();
  return {{"name", from.group},
          {"versions", std::move(versions)},
          {"preferredVersion", std::move(preferred)}};
}

json::object with_type(std::string_view api_version, std::string_view kind,
                       json::object rest) {
  rest["apiVersion"] = api_version;
  rest["kind"] = kind;
  return rest;
}

json::object api_resource(const kind_info& kind) {
  json::object out{{"name", kind.plural},
                   {"singularName", kind.singular},
                   {"namespaced", kind.namespaced},
                   {"kind", kind.kind},
                   {"verbs", to_array(kind.verbs)}};
  if (!kind.short_names.empty())
    out["shortNames"] = to_array(kind.short_names);
  if (!kind.categories.empty())
    out["categories"] = to_array(kind.categories);
  return out;
}

json::object resource_list(const kind_registry& kinds, std::string_view group,
                           std::string_view version) {
  json::array resources;
  std::string group_version{version};
  if (!group.empty())
    group_version = std::string{group} + "/" + group_version;
  for (const auto& kind : kinds.all()) {
    if (kind.group != group || kind.version != version)
      continue;
    resources.push_back(api_resource(kind));
    for (const auto& subresource : kind.subresources)
      resources.push_back({{"name", kind.plural + "/" + subresource},
                           {"singularName", ""},
                           {"namespaced", kind.namespaced},
                           {"kind", kind.kind},
                           {"verbs", verbs_of(subresource)}});
  }
  return with_type(
      "v1", "APIResourceList",
      {{"groupVersion", group_version}, {"resources", std::move(resources)}});
}

json::object response_kind(const kind_info& kind) {
  return {
      {"group", kind.group}, {"version", kind.version}, {"kind", kind.kind}};
}

json::object aggregated_resource(const kind_info& kind) {
  json::array subresources;
  for (const auto& subresource : kind.subresources)
    subresources.push_back({{"subresource", subresource},
                            {"responseKind", response_kind(kind)},
                            {"verbs", verbs_of(subresource)}});
  json::object out{{"resource", kind.plural},
                   {"responseKind", response_kind(kind)},
                   {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                   {"singularResource", kind.singular},
                   {"verbs", to_array(kind.verbs)},
                   {"shortNames", to_array(kind.short_names)},
                   {"categories", to_array(kind.categories)}};
  if (!subresources.empty())
    out["subresources"] = std::move(subresources);
  return out;
}

json::object aggregated(const kind_registry& kinds, bool core,
                        std::string_view version) {
  json::array items;
  for (const auto& group : groups_of(kinds)) {
    if (group.group.empty() != core)
      continue;
    json::array versions;
    for (const auto& each : group.versions) {
      json::array resources;
      for (const auto& kind : kinds.all())
        if (kind.group == group.group && kind.version == each)
          resources.push_back(aggregated_resource(kind));
      versions.push_back({{"version", each},
                          {"freshness", "Current"},
                          {"resources", std::move(resources)}});
    }
    json::object metadata;
    if (!core)
      metadata["name"] = group.group;
    items.push_back(
        {{"metadata", std::move(metadata)}, {"versions", std::move(versions)}});
  }
  return with_type("apidiscovery.k8s.io/" + std::string{version},
                   "APIGroupDiscoveryList",
                   {{"metadata", json::object{}}, {"items", std::move(items)}});
}

reply answer_with(const json::value& body) {
  reply out;
  out.body = json::serialize(body) + "\n";
  return out;
}

reply healthy() {
  reply out;
  out.content_type = "text/plain; charset=utf-8";
  out.body = "ok";
  return out;
}

reply not_found() {
  auto out = answer_with(with_type(
      "v1", "Status",
      {{"metadata", json::object{}},
       {"status", "Failure"},
       {"message", "the server could not find the requested resource"},
       {"reason", "NotFound"},
       {"code", 404}}));
  out.status = 404;
  return out;
}

// Aggregated discovery is asked for by media type; the newest version that
// the client takes wins.
std::string_view aggregation(std::string_view accept) {
  if (accept.find("g=apidiscovery.k8s.io") == std::string_view::npos)
    return {};
  return accept.find("v=v2;") != std::string_view::npos ? "v2" : "v2beta1";
}

reply roots(const call& what, const kind_registry& kinds, bool core) {
  if (auto version = aggregation(what.accept); !version.empty()) {
    auto out = answer_with(aggregated(kinds, core, version));
    out.content_type = "application/json;g=apidiscovery.k8s.io;v="
                       + std::string{version} + ";as=APIGroupDiscoveryList";
    return out;
  }
  if (core)
    return answer_with(
        with_type("v1", "APIVersions",
                  {{"versions", json::array{"v1"}},
                   {"serverAddressByClientCIDRs", json::array{}}}));
  json::array groups;
  for (const auto& group : groups_of(kinds))
    if (!group.group.empty())
      groups.push_back(api_group(group));
  return answer_with(
      with_type("v1", "APIGroupList", {{"groups", std::move(groups)}}));
}

reply version_info(std::string_view version) {
  auto dot = version.find('.');
  auto end = version.find('.', dot + 1);
  return answer_with({{"major", version.substr(1, dot - 1)},
                      {"minor", version.substr(dot + 1, end - dot - 1)},
                      {"gitVersion", version},
                      {"gitCommit", "simulated"},
                      {"gitTreeState", "clean"},
                      {"buildDate", "1970-01-01T00:00:00Z"},
                      {"goVersion", "none"},
                      {"compiler", "none"},
                      {"platform", "linux/amd64"}});
}

// `/apis/GROUP` and `/apis/GROUP/VERSION`, or `/api/v1`.
std::optional<reply> below_root(std::string_view path,
                                const kind_registry& kinds) {
  if (path == "/api/v1")
    return answer_with(resource_list(kinds, "", "v1"));
  if (!path.starts_with("/apis/"))
    return std::nullopt;
  auto rest = path.substr(6);
  auto slash = rest.find('/');
  auto group = rest.substr(0, slash);
  auto version = slash == std::string_view::npos ? std::string_view{}
                                                 : rest.substr(slash + 1);
  if (version.find('/') != std::string_view::npos)
    return std::nullopt;
  for (const auto& known : groups_of(kinds)) {
    if (known.group != group)
      continue;
    if (version.empty())
      return answer_with(with_type("v1", "APIGroup", api_group(known)));
    if (std::find(known.versions.begin(), known.versions.end(), version)
        != known.versions.end())
      return answer_with(resource_list(kinds, group, version));
  }
  return not_found();
}

} // namespace

std::optional<reply> discover(const call& what, const kind_registry& kinds,
                              std::string_view version) {
  std::string_view path = what.target;
  path = path.substr(0, path.find('?'));
  while (path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
  if (path == "/api" || path == "/apis")
    return roots(what, kinds, path == "/api");
  if (path == "/version")
    return version_info(version);
  if (path == "/healthz" || path == "/readyz" || path == "/livez")
    return healthy();
  if (path.starts_with("/openapi/"))
    if (auto document = open_api(path, kinds, version))
      return answer_with(*document);
  if (auto found = below_root(path, kinds))
    return found;
  if (path.starts_with("/api/") || path.starts_with("/apis/"))
    return std::nullopt;
  return not_found();
}

} // namespace holystone::simulator
