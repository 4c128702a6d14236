#include "simulator/open_api.hpp"

#include "simulator/kinds.hpp"

#include <string>

namespace holystone::simulator {

namespace {

namespace json = boost::json;

std::string root_of(const kind_info& kind) {
  return (kind.group.empty() ? "api/" : "apis/") + kind.api_version();
}

std::string schema_name(const kind_info& kind) {
  auto group = kind.group.empty() ? std::string{"core"} : kind.group;
  return group + "." + kind.version + "." + kind.kind;
}

json::object identity(const kind_info& kind) {
  return {
      {"group", kind.group}, {"version", kind.version}, {"kind", kind.kind}};
}

json::object parameter(std::string_view name, std::string_view place) {
  return {{"name", name},
          {"in", place},
          {"required", place == "path"},
          {"schema", json::object{{"type", "string"}, {"uniqueItems", true}}}};
}

json::object operation(const kind_info& kind, std::string_view action) {
  json::object out{
      {"x-kubernetes-action", action},
      {"x-kubernetes-group-version-kind", identity(kind)},
      {"responses",
       json::object{{"200", json::object{{"description", "OK"}}}}}};
  if (action != "get" && action != "list")
    out["parameters"]
        = {parameter("dryRun", "query"), parameter("fieldManager", "query"),
           parameter("fieldValidation", "query")};
  return out;
}

void add_paths(const kind_info& kind, json::object& paths) {
  auto all = "/" + root_of(kind) + "/";
  if (kind.namespaced)
    all += "namespaces/{namespace}/";
  all += kind.plural;
  json::array shared;
  if (kind.namespaced)
    shared.push_back(parameter("namespace", "path"));
  paths[all] = json::object{{"get", operation(kind, "list")},
                            {"post", operation(kind, "post")},
                            {"parameters", shared}};
  shared.push_back(parameter("name", "path"));
  paths[all + "/{name}"] = json::object{{"get", operation(kind, "get")},
                                        {"put", operation(kind, "put")},
                                        {"patch", operation(kind, "patch")},
                                        {"delete", operation(kind, "delete")},
                                        {"parameters", shared}};
}

json::object document(std::string_view root, const kind_registry& kinds,
                      std::string_view version) {
  json::object paths;
  json::object schemas;
  for (const auto& kind : kinds.all()) {
    if (root_of(kind) != root)
      continue;
    add_paths(kind, paths);
    schemas[schema_name(kind)] = json::object{
        {"type", "object"},
        {"x-kubernetes-preserve-unknown-fields", true},
        {"x-kubernetes-group-version-kind", json::array{identity(kind)}}};
  }
  return {{"openapi", "3.0.0"},
          {"info", json::object{{"title", "Kubernetes"}, {"version", version}}},
          {"paths", std::move(paths)},
          {"components", json::object{{"schemas", std::move(schemas)}}}};
}

} // namespace

std::optional<json::object> open_api(std::string_view path,
                                     const kind_registry& kinds,
                                     std::string_view version) {
  constexpr std::string_view base = "/openapi/v3";
  if (path == base) {
    json::object roots;
    for (const auto& kind : kinds.all())
      roots[root_of(kind)] = json::object{
          {"serverRelativeURL", std::string{base} + "/" + root_of(kind)}};
    return json::object{{"paths", std::move(roots)}};
  }
  for (const auto& kind : kinds.all())
    if (path == std::string{base} + "/" + root_of(kind))
      return document(root_of(kind), kinds, version);
  return std::nullopt;
}

} // namespace holystone::simulator
