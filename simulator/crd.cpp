#include "simulator/crd.hpp"

#include "simulator/cel_rules.hpp"
#include "simulator/object_edit.hpp"

#include <fmt/format.h>

#include <map>

#include <algorithm>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

/// A pattern takes longer to compile than a thousand texts to match, and tests
/// make many servers of the same few definitions.
std::regex compiled(const std::string& pattern) {
  static thread_local std::map<std::string, std::regex> known;
  auto i = known.find(pattern);
  if (i == known.end())
    i = known.emplace(pattern, std::regex{pattern, std::regex::ECMAScript})
            .first;
  return i->second;
}

using shape = schema_node::shape;

// Reads the structural schema of one version into nodes.
class schema_reader {
public:
  explicit schema_reader(schema_pool& pool) : pool_(pool) {
    // nop
  }

  schema_node* read(const json::value& schema, const std::string& at) {
    auto& node = pool_.emplace_back();
    node.what = shape_of(schema);
    node.keeps_unknown
        = k8s_io::flag_at(schema, "x-kubernetes-preserve-unknown-fields")
              .value_or(false);
    node.nullable = k8s_io::flag_at(schema, "nullable").value_or(false);
    node.atomic = k8s_io::text_at(schema, "x-kubernetes-map-type") == "atomic";
    read_list(schema, node, at);
    for (auto& each : k8s_io::members_at(schema, "properties")) {
      std::string name{each.key()};
      node.fields[name].node = read(each.value(), at + "." + name);
    }
    if (auto more = k8s_io::find(schema, "additionalProperties");
        more && more->is_object()) {
      node.what = shape::map;
      node.element = read(*more, at + "[*]");
    }
    node.limits = read_limits(schema, at);
    return &node;
  }

  std::optional<api_error> failed;

private:
  static shape shape_of(const json::value& schema) {
    if (k8s_io::flag_at(schema, "x-kubernetes-int-or-string").value_or(false))
      return shape::int_or_string;
    auto type = k8s_io::text_at(schema, "type");
    if (type == "object")
      return shape::object;
    if (type == "array")
      return shape::list;
    if (type == "string")
      return shape::string;
    if (type == "integer")
      return shape::integer;
    if (type == "number")
      return shape::number;
    if (type == "boolean")
      return shape::boolean;
    return shape::any;
  }

  void read_list(const json::value& schema, schema_node& node,
                 const std::string& at) {
    auto type = k8s_io::text_at(schema, "x-kubernetes-list-type");
    if (type == "set")
      node.items = schema_node::list_type::set;
    if (type == "map")
      node.items = schema_node::list_type::map;
    for (auto& key : k8s_io::items_at(schema, "x-kubernetes-list-map-keys"))
      node.keys.emplace_back(key.as_string());
    if (auto items = k8s_io::find(schema, "items"))
      node.element = read(*items, at + "[*]");
  }

  std::shared_ptr<const value_limits> read_limits(const json::value& schema,
                                                  const std::string& at) {
    auto out = std::make_shared<value_limits>();
    for (auto& each : k8s_io::items_at(schema, "required"))
      out->required.emplace_back(each.as_string());
    for (auto& each : k8s_io::items_at(schema, "enum"))
      out->allowed.push_back(each);
    if (auto value = k8s_io::find(schema, "default")) {
      out->default_value = *value;
      out->has_default = true;
    }
    out->format = k8s_io::text_at(schema, "format");
    out->pattern = k8s_io::text_at(schema, "pattern");
    if (!out->pattern.empty())
      out->compiled_pattern = compiled(out->pattern);
    auto number = [&](std::string_view name) -> std::optional<double> {
      auto value = k8s_io::find(schema, name);
      if (value == nullptr || !value->is_number())
        return std::nullopt;
      return value->to_number<double>();
    };
    auto count = [&](std::string_view name) -> std::optional<std::size_t> {
      auto value = number(name);
      if (!value)
        return std::nullopt;
      return static_cast<std::size_t>(*value);
    };
    out->minimum = number("minimum");
    out->maximum = number("maximum");
    out->min_length = count("minLength");
    out->max_length = count("maxLength");
    out->min_items = count("minItems");
    out->max_items = count("maxItems");
    out->max_properties = count("maxProperties");
    refuse_unmodelled(schema, at);
    read_rules(schema, at, *out);
    return out;
  }

  void refuse_unmodelled(const json::value& schema, const std::string& at) {
    for (auto name : {"oneOf", "anyOf", "allOf", "not", "multipleOf",
                      "exclusiveMinimum", "exclusiveMaximum", "uniqueItems",
                      "minProperties", "x-kubernetes-embedded-resource"}) {
      auto value = k8s_io::find(schema, std::string_view{name});
      // The usual companion of int-or-string says nothing more.
      bool companion = std::string_view{name} == "anyOf"
                       && shape_of(schema) == shape::int_or_string;
      if (value != nullptr && !companion && !failed)
        failed = not_modelled(fmt::format("schema keyword {} at {}", name,
                                          at.empty() ? "the root" : at));
    }
  }

  // `.limits.memory` is told as `.limits[memory]` where limits is a map.
  static std::string shown_path(const json::value& schema,
                                std::string_view path) {
    std::string out;
    for (auto at = &schema; at != nullptr && !path.empty();) {
      auto end = path.find('.', 1);
      auto name = path.substr(1, end == path.npos ? end : end - 1);
      path = end == path.npos ? std::string_view{} : path.substr(end);
      auto below = k8s_io::find(*at, "properties", name);
      out += below ? fmt::format(".{}", name) : fmt::format("[{}]", name);
      at = below ? below : k8s_io::find(*at, "additionalProperties");
    }
    return out;
  }

  void read_rules(const json::value& schema, const std::string& at,
                  value_limits& out) {
    for (auto& each : k8s_io::items_at(schema, "x-kubernetes-validations")) {
      value_rule rule;
      rule.text = k8s_io::text_at(each, "rule");
      rule.message = k8s_io::text_at(each, "message");
      rule.reason = k8s_io::text_at(each, "reason");
      rule.field_path = shown_path(schema, k8s_io::text_at(each, "fieldPath"));
      rule.holds = equivalent_of(rule.text);
      if (rule.holds == nullptr && !failed)
        failed = not_modelled(fmt::format(
            "the CEL rule at {}: {}", at.empty() ? "the root" : at, rule.text));
      out.rules.push_back(std::move(rule));
    }
  }

  schema_pool& pool_;
};

void read_columns(const json::value& version, custom_kind& out) {
  for (auto& each : k8s_io::items_at(version, "additionalPrinterColumns")) {
    printer_column column;
    column.name = k8s_io::text_at(each, "name");
    column.type = k8s_io::text_at(each, "type");
    column.format = k8s_io::text_at(each, "format");
    column.description = k8s_io::text_at(each, "description");
    column.path = k8s_io::text_at(each, "jsonPath");
    column.priority
        = static_cast<int>(k8s_io::integer_at(each, "priority").value_or(0));
    out.columns.push_back(std::move(column));
  }
}

answer<const json::value*> served_version(const json::value& definition,
                                          const kind_info& definitions,
                                          const std::string& name) {
  const json::value* served = nullptr;
  for (auto& each : k8s_io::items_at(definition, "spec", "versions")) {
    if (!k8s_io::flag_at(each, "served").value_or(false))
      continue;
    if (served != nullptr)
      return not_modelled("a CustomResourceDefinition with several served "
                          "versions (spec.versions)");
    served = &each;
  }
  if (served != nullptr)
    return served;
  field_errors errors;
  errors.required("spec.versions", "one version must be served");
  return errors.to_error(definitions, name);
}

void read_names(const json::value& definition, kind_info& info) {
  auto name = [&](std::string_view field) {
    return k8s_io::text_at(definition, "spec", "names", field);
  };
  info.group = k8s_io::text_at(definition, "spec", "group");
  info.plural = name("plural");
  info.singular = name("singular");
  info.kind = name("kind");
  info.list_kind = name("listKind");
  if (info.list_kind.empty())
    info.list_kind = info.kind + "List";
  if (info.singular.empty())
    for (auto c : info.kind)
      info.singular += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  auto texts = [&](std::string_view field, std::vector<std::string>& out) {
    for (auto& each : k8s_io::items_at(definition, "spec", "names", field))
      out.emplace_back(each.as_string());
  };
  texts("shortNames", info.short_names);
  texts("categories", info.categories);
  info.namespaced
      = k8s_io::text_at(definition, "spec", "scope") == "Namespaced";
}

void check_versions(const json::value& definition, field_errors& errors) {
  auto scope = k8s_io::text_at(definition, "spec", "scope");
  if (scope.empty())
    errors.required("spec.scope");
  else if (scope != "Namespaced" && scope != "Cluster")
    errors.unsupported("spec.scope", json::value(scope),
                       {"Cluster", "Namespaced"});
  auto& versions = k8s_io::items_at(definition, "spec", "versions");
  auto stored = std::count_if(versions.begin(), versions.end(), [](auto& each) {
    return k8s_io::flag_at(each, "storage").value_or(false);
  });
  if (stored != 1)
    errors.invalid("spec.versions", versions,
                   "must have exactly one version marked as storage version");
}

void check_names(const kind_info& info, const std::string& name,
                 field_errors& errors) {
  if (info.group.empty())
    errors.required("spec.group");
  if (info.plural.empty())
    errors.required("spec.names.plural");
  if (info.kind.empty())
    errors.required("spec.names.kind");
  if (name != info.plural + "." + info.group)
    errors.invalid("metadata.name", json::value(name),
                   "must be spec.names.plural+\".\"+spec.group");
}

} // namespace

answer<kind_info> read_definition(const json::value& definition) {
  kind_info definitions;
  definitions.group = "apiextensions.k8s.io";
  definitions.plural = "customresourcedefinitions";
  definitions.kind = "CustomResourceDefinition";
  auto name = k8s_io::text_at(definition, "metadata", "name");
  kind_info info;
  read_names(definition, info);
  field_errors errors;
  check_names(info, name, errors);
  check_versions(definition, errors);
  if (!errors.empty())
    return errors.to_error(definitions, name);
  auto served = served_version(definition, definitions, name);
  if (!served)
    return served.why();
  auto& version = **served;
  info.version = k8s_io::text_at(version, "name");
  info.has_generation = true;
  info.has_status = k8s_io::find(version, "subresources", "status") != nullptr;
  if (k8s_io::find(version, "subresources", "scale") != nullptr)
    return not_modelled("the scale subresource of custom kinds");
  if (info.has_status)
    info.subresources.emplace_back("status");
  info.verbs = {"delete", "deletecollection", "get",    "list",
                "patch",  "create",           "update", "watch"};
  auto custom = std::make_shared<custom_kind>();
  auto schema = k8s_io::find(version, "schema", "openAPIV3Schema");
  if (schema == nullptr) {
    errors.required("spec.versions[0].schema.openAPIV3Schema",
                    "schemas are required");
    return errors.to_error(definitions, name);
  }
  schema_reader reader{custom->pool};
  auto root = reader.read(*schema, "");
  if (reader.failed)
    return *reader.failed;
  // Every object's metadata has the server's schema, not the definition's.
  root->fields["metadata"].node = metadata_schema();
  static const schema_node text = [] {
    schema_node node;
    node.what = shape::string;
    return node;
  }();
  root->fields["apiVersion"].node = &text;
  root->fields["kind"].node = &text;
  custom->schema = root;
  read_columns(version, *custom);
  info.custom = std::move(custom);
  return info;
}

void complete_definition(json::value& definition, instant now) {
  auto& names = field(definition, {"spec", "names"});
  auto kind = k8s_io::text_at(names, "kind");
  auto set_default = [&](std::string_view name, json::value value) {
    if (auto& slot = field(definition, {"spec", "names", name}); slot.is_null())
      slot = std::move(value);
  };
  set_default("listKind", json::value(kind + "List"));
  std::string singular;
  for (auto c : kind)
    singular += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  set_default("singular", json::value(singular));
  if (auto& conversion = field(definition, {"spec", "conversion"});
      conversion.is_null())
    conversion = {{"strategy", "None"}};
  if (k8s_io::find(definition, "status", "acceptedNames") != nullptr)
    return;
  auto condition = [&](std::string_view type, std::string_view reason,
                       std::string_view message) {
    return json::object{{"type", type},
                        {"status", "True"},
                        {"lastTransitionTime", to_rfc3339(now)},
                        {"reason", reason},
                        {"message", message}};
  };
  json::array versions;
  for (auto& each : k8s_io::items_at(definition, "spec", "versions"))
    if (k8s_io::flag_at(each, "storage").value_or(false))
      versions.push_back(json::value(k8s_io::text_at(each, "name")));
  field(definition, {"status"})
      = {{"conditions",
          json::array{
              condition("NamesAccepted", "NoConflicts", "no conflicts found"),
              condition("Established", "InitialNamesAccepted",
                        "the initial names have been accepted")}},
         {"acceptedNames", field(definition, {"spec", "names"})},
         {"storedVersions", std::move(versions)}};
}

} // namespace holystone::simulator
