#include "simulator/decoding.hpp"

#include "simulator/built_in.hpp"
#include "simulator/crd.hpp"
#include "simulator/field_set.hpp"
#include "simulator/managed_fields.hpp"
#include "simulator/object_meta.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

complaint drop_unknown(const kind_info& kind, json::value& object,
                       write_context& how) {
  auto schema = schema_of(kind);
  if (schema == nullptr)
    return std::nullopt;
  auto gone = prune_unknown(object, *schema);
  std::sort(gone.begin(), gone.end());
  std::string list;
  for (auto& each : gone) {
    auto text = fmt::format("unknown field \"{}\"", each);
    list += (list.empty() ? "" : ", ") + text;
    if (!how.strict && !how.silent)
      how.warnings.push_back(text);
  }
  if (how.strict && !gone.empty())
    return bad_request(fmt::format("{} in version \"{}\" cannot be handled as "
                                   "a {}: strict decoding error: {}",
                                   kind.kind, kind.version, kind.kind, list));
  return std::nullopt;
}

// To built-in kinds null is the same as absent.
void drop_nulls(json::value& value) {
  if (auto list = value.if_array()) {
    for (auto& each : *list)
      drop_nulls(each);
    return;
  }
  auto object = value.if_object();
  if (object == nullptr)
    return;
  for (auto it = object->begin(); it != object->end();) {
    drop_nulls(it->value());
    it = it->value().is_null() ? object->erase(it) : std::next(it);
  }
}

// What an apply gets whose body the schema can't be laid over.
api_error untyped(const kind_info& kind, const json::value& wanted,
                  std::string_view what) {
  return internal_error(
      fmt::format("failed to create typed patch object ({}/{}; {}/{}, "
                  "Kind={}): {}",
                  k8s_io::text_at(wanted, "metadata", "namespace"),
                  k8s_io::text_at(wanted, "metadata", "name"), kind.group,
                  kind.version, kind.kind, what));
}

// The first place that has no map or list where one belongs; empty when there
// is none.
std::string misshapen(const json::value& value, const schema_node& schema,
                      const std::string& at) {
  using shape = schema_node::shape;
  auto is_map = schema.what == shape::object || schema.what == shape::map;
  if (value.is_null() || (!is_map && schema.what != shape::list))
    return {};
  if (!fits(value, schema.what))
    return fmt::format("{}: expected {}, got &{{{}}}", at,
                       is_map ? "map" : "list",
                       value.is_string() ? std::string{value.get_string()}
                                         : json::serialize(value));
  if (const auto* items = value.if_array()) {
    for (std::size_t i = 0; schema.element && i < items->size(); ++i)
      if (auto found = misshapen((*items)[i], *schema.element,
                                 fmt::format("{}[{}]", at, i));
          !found.empty())
        return found;
    return {};
  }
  for (const auto& [name, member] : value.get_object()) {
    const auto* field
        = schema.what == shape::map ? schema.element : schema.field(name);
    auto found
        = field ? misshapen(member, *field,
                            fmt::format("{}.{}", at, std::string_view{name}))
                : std::string{};
    if (!found.empty())
      return found;
  }
  return {};
}

// The path of a list whose items cannot be told apart; empty when all is well.
std::string bad_list(const json::value& value, const schema_node* schema,
                     const std::string& at) {
  if (schema == nullptr)
    return {};
  std::set<std::string> seen;
  if (auto list = value.if_array())
    for (auto& item : *list) {
      bool keyed = schema->items == schema_node::list_type::map;
      bool known = schema->items != schema_node::list_type::atomic;
      for (auto& key : schema->keys)
        if (keyed && schema->keys.size() == 1
            && k8s_io::find(item, std::string_view{key}) == nullptr)
          return at;
      if (known && !seen.insert(path_element(item, *schema)).second)
        return at;
      if (auto below = bad_list(item, schema->element, at); !below.empty())
        return below;
    }
  auto object = value.if_object();
  if (object == nullptr)
    return {};
  for (auto& each : *object) {
    auto below = schema->what == schema_node::shape::map
                     ? schema->element
                     : schema->field(each.key());
    auto where = at + "." + std::string{each.key()};
    if (auto bad = bad_list(each.value(), below, where); !bad.empty())
      return bad;
  }
  return {};
}

// Says what the sent kind and version say, if that is not the right thing.
complaint check_type(const kind_info& kind, const json::value& object) {
  auto given = k8s_io::text_at(object, "kind");
  auto version = k8s_io::text_at(object, "apiVersion");
  auto expected = kind.api_version();
  if (!version.empty() && version != expected)
    return bad_request(fmt::format(
        "the API version in the data ({}) does not match the expected API "
        "version ({})",
        version, expected));
  if (given.empty() && kind.custom != nullptr)
    return bad_request(fmt::format(
        "the object provided is unrecognized (must be of type {}): Object "
        "'Kind' is missing",
        kind.kind));
  if (given.empty() || given == kind.kind)
    return std::nullopt;
  if (kind.custom != nullptr) {
    field_errors errors;
    errors.invalid("kind", json::value(given), "must be " + kind.kind);
    auto other = kind;
    other.kind = given;
    return errors.to_error(other, k8s_io::text_at(object, "metadata", "name"));
  }
  auto group = kind.group.empty() ? "core" : kind.group;
  auto dot = group.find('.');
  return bad_request(fmt::format(
      "{} in version \"{}\" cannot be handled as a {}: converting ({}.{}) to "
      "({}.{}): unknown conversion",
      given, kind.version, kind.kind, kind.version, given, group.substr(0, dot),
      kind.kind));
}

} // namespace

complaint refuse_misshapen(const kind_info& kind, const json::value& wanted) {
  auto schema = schema_of(kind);
  auto found = schema ? misshapen(wanted, *schema, "") : std::string{};
  if (found.empty())
    return std::nullopt;
  return untyped(kind, wanted, found);
}

complaint refuse_unknown(const kind_info& kind, json::value& wanted) {
  auto schema = schema_of(kind);
  auto gone
      = schema ? prune_unknown(wanted, *schema) : std::vector<std::string>{};
  if (gone.empty())
    return std::nullopt;
  return untyped(
      kind, wanted,
      fmt::format(".{}: field not declared in schema", gone.front()));
}

complaint refuse_bad_lists(const kind_info& kind, const json::value& wanted) {
  auto bad = bad_list(wanted, schema_of(kind), "");
  if (bad.empty())
    return std::nullopt;
  return untyped(kind, wanted, bad + ": items without a key of their own");
}

complaint normalise(const kind_info& kind, json::value& object,
                    write_context& how) {
  if (!object.is_object())
    return bad_request("the object provided is unrecognized (must be of type "
                       + kind.kind + "): it is no JSON object");
  if (auto refused = check_type(kind, object))
    return refused;
  auto& root = object.as_object();
  root["kind"] = kind.kind;
  root["apiVersion"] = kind.api_version();
  tidy_metadata(object);
  if (auto refused = drop_unknown(kind, object, how))
    return refused;
  if (kind.custom != nullptr) {
    set_defaults(object, *kind.custom->schema);
  } else {
    drop_nulls(object);
    if (auto refused = check_types(kind, object)) {
      if (how.patched) {
        refused->code = 422;
        refused->reason = "Invalid";
      }
      return refused;
    }
    set_built_in_defaults(kind, object);
  }
  return std::nullopt;
}

} // namespace holystone::simulator
