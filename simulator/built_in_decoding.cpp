#include "simulator/built_in.hpp"
#include "simulator/managed_fields.hpp"
#include "simulator/values.hpp"

#include "k8s_io/base64.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

using shape = schema_node::shape;

std::string_view json_name(const json::value& value) {
  static constexpr std::string_view names[]
      = {"null",   "bool",   "number", "number",
         "number", "string", "array",  "object"};
  return names[static_cast<std::size_t>(value.kind())];
}

// As Go names the type that the value does not fit into.
std::string go_name(const schema_node& schema) {
  switch (schema.what) {
    case shape::integer:
      return "int64";
    case shape::number:
      return "float64";
    case shape::boolean:
      return "bool";
    case shape::list:
      return schema.element->what == shape::object
                 ? "[]v1." + schema.element->type_name
                 : "[]" + go_name(*schema.element);
    case shape::map:
      return "map[string]" + go_name(*schema.element);
    case shape::object:
      return "v1." + schema.type_name;
    default:
      return "string";
  }
}

std::string check(const json::value& value, const schema_node& schema,
                  const std::string& at) {
  if (!fits(value, schema.what))
    return fmt::format("json: cannot unmarshal {} into Go struct field {} of "
                       "type {}",
                       json_name(value), at, go_name(schema));
  if (auto text = value.if_string()) {
    if (schema.what == shape::bytes && !k8s_io::from_base64(*text))
      return "illegal base64 data at input byte 0";
    bool time = schema.what == shape::time || schema.what == shape::micro_time;
    if (time && !is_date_time(*text))
      return fmt::format("parsing time {} as "
                         "\"2006-01-02T15:04:05Z07:00\": cannot parse {} as "
                         "\"2006\"",
                         json::serialize(value), json::serialize(value));
    if (schema.what == shape::quantity && !is_quantity(*text))
      return "quantities must match the regular expression "
             "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  }
  if (auto list = value.if_array(); list && schema.element)
    for (auto& item : *list)
      if (auto why = check(item, *schema.element, at); !why.empty())
        return why;
  auto object = value.if_object();
  if (object == nullptr)
    return {};
  for (auto& each : *object) {
    auto below
        = schema.what == shape::map ? schema.element : schema.field(each.key());
    if (below == nullptr)
      continue;
    auto name
        = schema.what == shape::map ? at : at + "." + std::string{each.key()};
    if (auto why = check(each.value(), *below, name); !why.empty())
      return why;
  }
  return {};
}

} // namespace

complaint check_types(const kind_info& kind, const json::value& object) {
  auto schema = schema_of(kind);
  if (schema == nullptr)
    return std::nullopt;
  auto why = check(object, *schema, kind.kind);
  if (why.empty())
    return std::nullopt;
  return bad_request(fmt::format("{} in version \"{}\" cannot be handled as "
                                 "a {}: {}",
                                 kind.kind, kind.version, kind.kind, why));
}

} // namespace holystone::simulator
