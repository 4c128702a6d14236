#include "simulator/decoding.hpp"

#include "simulator/built_in.hpp"
#include "simulator/crd.hpp"
#include "simulator/managed_fields.hpp"
#include "simulator/object_meta.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

complaint drop_unknown(const kind_info& kind, json::value& object,
                       write_context& how) {
  auto schema = schema_of(kind);
  if (schema == nullptr)
    return std::nullopt;
  auto gone = prune_unknown(object, *schema);
  std::string list;
  for (auto& each : gone) {
    auto text = fmt::format("unknown field \"{}\"", each);
    list += (list.empty() ? "" : ", ") + text;
    if (!how.strict)
      how.warnings.push_back(text);
  }
  if (how.strict && !gone.empty())
    return bad_request(
        kind.custom ? "strict decoding error: " + list
                    : fmt::format("{} in version \"{}\" cannot be "
                                  "handled as a {}: strict decoding "
                                  "error: {}",
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

} // namespace

complaint refuse_unknown(const kind_info& kind, json::value& wanted) {
  auto schema = schema_of(kind);
  auto gone
      = schema ? prune_unknown(wanted, *schema) : std::vector<std::string>{};
  if (gone.empty())
    return std::nullopt;
  return internal_error(fmt::format(
      "failed to create typed patch object ({}/{}; {}/{}, Kind={}): .{}: "
      "field not declared in schema",
      k8s_io::text_at(wanted, "metadata", "namespace"),
      k8s_io::text_at(wanted, "metadata", "name"), kind.group, kind.version,
      kind.kind, gone.front()));
}

complaint normalise(const kind_info& kind, json::value& object,
                    write_context& how) {
  if (!object.is_object())
    return bad_request("the object provided is unrecognized (must be of type "
                       + kind.kind + "): it is no JSON object");
  auto& root = object.as_object();
  for (auto& [name, expected] :
       {std::pair<std::string_view, std::string>{"kind", kind.kind},
        {"apiVersion", kind.api_version()}}) {
    auto given = k8s_io::text_at(object, name);
    if (!given.empty() && given != expected)
      return bad_request(fmt::format(
          "the {} in the data ({}) does not match the expected {} ({})", name,
          given, name, expected));
    root[name] = expected;
  }
  tidy_metadata(object);
  if (auto refused = drop_unknown(kind, object, how))
    return refused;
  if (kind.custom != nullptr) {
    set_defaults(object, *kind.custom->schema);
  } else {
    drop_nulls(object);
    if (auto refused = check_types(kind, object))
      return refused;
    set_built_in_defaults(kind, object);
  }
  return std::nullopt;
}

} // namespace holystone::simulator
