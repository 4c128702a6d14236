#include "simulator/crd.hpp"
#include "simulator/object_meta.hpp"
#include "simulator/values.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

// Pruning, defaulting and validation of objects of custom kinds.

namespace holystone::simulator {

namespace json = boost::json;

namespace {

using shape = schema_node::shape;

void prune(json::value& value, const schema_node& schema, const std::string& at,
           std::vector<std::string>& gone) {
  if (auto list = value.if_array(); list && schema.element != nullptr) {
    std::size_t index = 0;
    for (auto& item : *list)
      prune(item, *schema.element, fmt::format("{}[{}]", at, index++), gone);
    return;
  }
  auto object = value.if_object();
  if (object == nullptr)
    return;
  if (schema.what == shape::map) {
    for (auto& each : *object)
      prune(each.value(), *schema.element,
            fmt::format("{}.{}", at, std::string_view{each.key()}), gone);
    return;
  }
  if (schema.what != shape::object)
    return;
  for (auto it = object->begin(); it != object->end();) {
    auto path = at.empty()
                    ? std::string{it->key()}
                    : fmt::format("{}.{}", at, std::string_view{it->key()});
    auto known = schema.field(it->key());
    if (known != nullptr) {
      prune(it->value(), *known, path, gone);
      ++it;
    } else if (schema.keeps_unknown) {
      ++it;
    } else {
      gone.push_back(path);
      it = object->erase(it);
    }
  }
}

std::string_view type_name(shape what) {
  switch (what) {
    case shape::object:
    case shape::map:
      return "object";
    case shape::list:
      return "array";
    case shape::integer:
      return "integer";
    case shape::number:
      return "number";
    case shape::boolean:
      return "boolean";
    default:
      return "string";
  }
}

std::string_view expected_type(const schema_node& schema) {
  if (schema.what == shape::int_or_string)
    return "integer,string";
  return type_name(schema.what);
}

class checker {
public:
  checker(field_errors& errors, bool of_status)
      : errors_(errors), of_status_(of_status) {
    // nop
  }

  void check(const json::value& value, const json::value* before,
             const schema_node& schema, const std::string& at) {
    if (value.is_null() && schema.nullable)
      return;
    // What was stored before its rule came stays editable elsewhere.
    if (before != nullptr && *before == value)
      return;
    if (!fits(value, schema.what)) {
      errors_.wrong_type(at, shown(at), value, expected_type(schema));
      if (schema.what == shape::integer && value.is_double())
        check_default_format(schema, at);
      return;
    }
    if (schema.limits) {
      auto found = errors_.causes().size();
      check_scalar(value, *schema.limits, at);
      check_size(value, *schema.limits, at);
      check_required(value, *schema.limits, at);
      if (found == errors_.causes().size())
        check_rules(value, before, *schema.limits, at);
    }
    check_below(value, before, schema, at);
  }

private:
  void check_scalar(const json::value& value, const value_limits& limits,
                    const std::string& at) {
    if (!limits.allowed.empty()
        && std::find(limits.allowed.begin(), limits.allowed.end(), value)
               == limits.allowed.end()) {
      std::vector<std::string_view> texts;
      for (auto& each : limits.allowed)
        if (auto text = each.if_string())
          texts.emplace_back(*text);
      errors_.unsupported(at, value, texts);
    }
    if (value.is_number()) {
      auto number = value.to_number<double>();
      if (limits.minimum && number < *limits.minimum)
        errors_.invalid(at, value,
                        fmt::format("{} in body should be greater than or "
                                    "equal to {}",
                                    at, *limits.minimum));
      if (limits.maximum && number > *limits.maximum)
        errors_.invalid(at, value,
                        fmt::format("{} in body should be less than or equal "
                                    "to {}",
                                    at, *limits.maximum));
      check_width(value, limits, at);
    }
    if (auto text = value.if_string())
      check_text(*text, value, limits, at);
  }

  void check_width(const json::value& value, const value_limits& limits,
                   const std::string& at) {
    if (limits.format != "int32" || !value.is_int64())
      return;
    auto number = value.as_int64();
    if (number < INT32_MIN || number > INT32_MAX)
      errors_.invalid("<nil>", "",
                      fmt::format("Checked value must be of type integer with "
                                  "format int32 in {}",
                                  shown(at)));
  }

  void check_text(std::string_view text, const json::value& value,
                  const value_limits& limits, const std::string& at) {
    // std::regex recurses once for each character: a longer text would end the
    // process. None of our patterns is meant for one, so it doesn't match.
    constexpr std::size_t matchable = 8 * 1024;
    if (limits.compiled_pattern
        && (text.size() > matchable
            || !std::regex_search(text.begin(), text.end(),
                                  *limits.compiled_pattern)))
      errors_.invalid(
          at, value,
          fmt::format("{} in body should match '{}'", at, limits.pattern));
    if (limits.format == "date-time" && !is_date_time(text))
      errors_.malformed(at, value,
                        fmt::format("{} in body must be of type date-time: {}",
                                    at, json::serialize(value)));
    auto length = count_code_points(text);
    if (limits.max_length && length > *limits.max_length)
      errors_.too_long(at, *limits.max_length);
    if (limits.min_length && length < *limits.min_length)
      errors_.invalid(at, value,
                      fmt::format("{} in body should be at least {} chars "
                                  "long",
                                  at, *limits.min_length));
  }

  void check_size(const json::value& value, const value_limits& limits,
                  const std::string& at) {
    if (auto list = value.if_array()) {
      if (limits.max_items && list->size() > *limits.max_items)
        errors_.too_many(at, list->size(), *limits.max_items);
      if (limits.min_items && list->size() < *limits.min_items)
        errors_.invalid(at, list->size(),
                        fmt::format("{} in body should have at least {} items",
                                    at, *limits.min_items));
    }
    if (auto object = value.if_object();
        object && limits.max_properties
        && object->size() > *limits.max_properties)
      errors_.too_many(at, object->size(), *limits.max_properties);
  }

  void check_required(const json::value& value, const value_limits& limits,
                      const std::string& at) {
    auto object = value.if_object();
    if (object == nullptr)
      return;
    for (auto& name : limits.required)
      if (!object->contains(name))
        errors_.required(at.empty() ? name : at + "." + name);
  }

  void check_rules(const json::value& value, const json::value* before,
                   const value_limits& limits, const std::string& at) {
    for (auto& rule : limits.rules)
      if (!rule.holds(value, before)) {
        auto text
            = rule.message.empty() ? "failed rule: " + rule.text : rule.message;
        auto where = at + rule.field_path;
        if (rule.reason == "FieldValueForbidden")
          errors_.forbidden(where, text);
        else if (rule.reason == "FieldValueRequired")
          errors_.required(where, text);
        else
          errors_.invalid(where,
                          value.is_structured() ? json::value("object") : value,
                          text);
      }
  }

  void check_below(const json::value& value, const json::value* before,
                   const schema_node& schema, const std::string& at) {
    if (auto list = value.if_array(); list && schema.element != nullptr) {
      check_items(*list, before, schema, at);
      return;
    }
    auto object = value.if_object();
    if (object == nullptr)
      return;
    for (auto& each : *object) {
      auto below = schema.what == shape::map ? schema.element
                                             : schema.field(each.key());
      if (below == nullptr || below == metadata_schema())
        continue;
      auto name = std::string{each.key()};
      check(each.value(),
            before ? k8s_io::find(*before, std::string_view{name}) : nullptr,
            *below, at.empty() ? name : at + "." + name);
    }
  }

  void check_items(const json::array& list, const json::value* before,
                   const schema_node& schema, const std::string& at) {
    std::set<std::string> seen;
    std::size_t index = 0;
    auto old = before ? before->if_array() : nullptr;
    for (auto& item : list) {
      auto where = fmt::format("{}[{}]", at, index);
      const json::value* was
          = old && index < old->size() ? &(*old)[index] : nullptr;
      ++index;
      if (schema.items != schema_node::list_type::atomic) {
        auto key = identity(item, schema);
        if (!seen.insert(json::serialize(key)).second)
          errors_.duplicate(where, key);
      }
      check(item, was, *schema.element, where);
    }
  }

  static json::value identity(const json::value& item,
                              const schema_node& schema) {
    if (schema.items == schema_node::list_type::set || !item.is_object())
      return item;
    json::object key;
    for (auto& name : schema.keys)
      if (auto value = item.as_object().if_contains(name))
        key.emplace(name, *value);
    return key;
  }

  // A status that is written alone is judged as if it were the whole.
  std::string shown(const std::string& at) const {
    return of_status_ && at.starts_with("status.") ? at.substr(7) : at;
  }

  // The real server judges a number's format although its type is wrong.
  void check_default_format(const schema_node& schema, const std::string& at) {
    auto format = schema.limits ? schema.limits->format : std::string{};
    errors_.invalid(
        "<nil>", "",
        fmt::format("Checked value must be of type integer {} in {}",
                    format.empty() ? "(default format)"
                                   : "with format " + format,
                    shown(at)));
  }

  field_errors& errors_;
  bool of_status_;
};

} // namespace

std::vector<std::string> prune_unknown(json::value& object,
                                       const schema_node& schema) {
  std::vector<std::string> gone;
  prune(object, schema, "", gone);
  return gone;
}

json::value known_part(const kind_info& kind, json::value stored) {
  if (kind.redefined && kind.custom != nullptr)
    prune_unknown(stored, *kind.custom->schema);
  return stored;
}

void set_defaults(json::value& value, const schema_node& schema) {
  if (auto list = value.if_array(); list && schema.element != nullptr) {
    for (auto& item : *list)
      set_defaults(item, *schema.element);
    return;
  }
  auto object = value.if_object();
  if (object == nullptr)
    return;
  if (schema.what == shape::map) {
    for (auto& each : *object)
      set_defaults(each.value(), *schema.element);
    return;
  }
  for (auto& [name, field] : schema.fields) {
    auto slot = object->if_contains(name);
    auto& limits = field.node->limits;
    bool absent = slot == nullptr || (slot->is_null() && !field.node->nullable);
    if (absent && limits && limits->has_default)
      (*object)[name] = limits->default_value;
    else if (absent && slot != nullptr)
      object->erase(name);
    if (auto present = object->if_contains(name); present && name != "metadata")
      set_defaults(*present, *field.node);
  }
}

void check_custom(const json::value& object, const json::value* before,
                  const schema_node& schema, bool of_status,
                  field_errors& errors) {
  checker{errors, of_status}.check(object, before, schema, "");
}

} // namespace holystone::simulator
