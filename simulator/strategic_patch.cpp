#include "simulator/patches.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

using shape = schema_node::shape;

constexpr std::string_view directive = "$patch";
constexpr std::string_view retain = "$retainKeys";
constexpr std::string_view delete_from = "$deleteFromPrimitiveList/";
constexpr std::string_view order_of = "$setElementOrder/";

bool is_directive(std::string_view key) {
  return key.starts_with("$");
}

const schema_node* below(const schema_node* schema, std::string_view name) {
  if (schema == nullptr)
    return nullptr;
  return schema->what == shape::map ? schema->element : schema->field(name);
}

complaint merge_object(json::value& target, const json::object& patch,
                       const schema_node* schema);

json::value without_directives(const json::value& value) {
  if (auto list = value.if_array()) {
    json::array out;
    for (auto& each : *list)
      if (k8s_io::text_at(each, directive) != "delete")
        out.push_back(without_directives(each));
    return out;
  }
  auto object = value.if_object();
  if (object == nullptr)
    return value;
  json::object out;
  for (auto& each : *object)
    if (!is_directive(each.key()) && !each.value().is_null())
      out.emplace(each.key(), without_directives(each.value()));
  return out;
}

json::value* item_with(json::array& list, std::string_view key,
                       const json::value& item) {
  auto wanted = k8s_io::find(item, key);
  if (wanted == nullptr)
    return nullptr;
  for (auto& each : list)
    if (auto value = k8s_io::find(each, key); value && *value == *wanted)
      return &each;
  return nullptr;
}

// A map of texts as the real server prints it: `map[image:i]`.
std::string in_words_of_go(const json::value& value) {
  if (auto text = value.if_string())
    return std::string{*text};
  auto object = value.if_object();
  if (object == nullptr)
    return json::serialize(value);
  std::map<std::string, std::string> sorted;
  for (auto& each : *object)
    sorted.emplace(each.key(), in_words_of_go(each.value()));
  std::string out;
  for (auto& [key, text] : sorted)
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", key, text);
  return "map[" + out + "]";
}

complaint merge_keyed(json::array& list, const json::array& patch,
                      const schema_node& schema) {
  for (auto& each : patch)
    if (k8s_io::text_at(each, directive) == "replace") {
      list = without_directives(patch).as_array();
      for (auto it = list.begin(); it != list.end();)
        it = it->is_object() && it->as_object().empty() ? list.erase(it)
                                                        : std::next(it);
      return std::nullopt;
    }
  for (auto& each : patch) {
    if (!each.is_object()
        || k8s_io::find(each, std::string_view{schema.merge_key}) == nullptr)
      return internal_error(
          fmt::format("map: {} does not contain declared merge key: {}",
                      in_words_of_go(each), schema.merge_key));
    auto there = item_with(list, schema.merge_key, each);
    if (k8s_io::text_at(each, directive) == "delete") {
      if (there != nullptr)
        list.erase(list.begin() + (there - list.data()));
    } else if (there == nullptr) {
      list.push_back(without_directives(each));
    } else if (auto refused
               = merge_object(*there, each.as_object(), schema.element)) {
      return refused;
    }
  }
  return std::nullopt;
}

// The order of a merged list: what the patch names in its order, what only the
// server had in its, the two woven so that the server's order holds where both
// are known to it.
void weave(json::array& list, const json::array& before,
           const json::array& patch, std::string_view key) {
  auto same = [&](const json::value& a, const json::value& b) {
    if (key.empty())
      return a == b;
    auto left = k8s_io::find(a, key);
    auto right = k8s_io::find(b, key);
    return left && right && *left == *right;
  };
  auto place = [&](const json::array& in, const json::value& item) {
    return std::find_if(in.begin(), in.end(),
                        [&](auto& each) { return same(each, item); })
           - in.begin();
  };
  json::array named;
  json::array others;
  for (auto& each : list)
    (place(patch, each) < std::ssize(patch) ? named : others).push_back(each);
  std::stable_sort(named.begin(), named.end(), [&](auto& a, auto& b) {
    return place(patch, a) < place(patch, b);
  });
  list.clear();
  auto left = others.begin();
  auto right = named.begin();
  while (left != others.end() || right != named.end()) {
    bool first = right == named.end();
    if (left != others.end() && right != named.end()) {
      auto known = place(before, *right);
      first = known < std::ssize(before) && place(before, *left) < known;
    }
    list.push_back(first ? *left++ : *right++);
  }
}

void merge_primitives(json::array& list, const json::array& patch) {
  for (auto& each : patch)
    if (std::find(list.begin(), list.end(), each) == list.end())
      list.push_back(each);
}

void apply_order(json::array& list, const json::array& order,
                 const schema_node& schema) {
  auto rank = [&](const json::value& item) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      auto wanted = k8s_io::find(order[i], std::string_view{schema.merge_key});
      auto given = k8s_io::find(item, std::string_view{schema.merge_key});
      if (schema.merge_key.empty() ? order[i] == item
                                   : wanted && given && *wanted == *given)
        return i;
    }
    return order.size();
  };
  std::stable_sort(list.begin(), list.end(),
                   [&](auto& a, auto& b) { return rank(a) < rank(b); });
}

// Handles one `$...` key of an object patch.
void run_directive(json::object& target, std::string_view key,
                   const json::value& value, const schema_node* schema) {
  if (key.starts_with(delete_from)) {
    auto list = target.if_contains(key.substr(delete_from.size()));
    if (list == nullptr || !list->is_array() || !value.is_array())
      return;
    auto& items = list->as_array();
    for (auto it = items.begin(); it != items.end();) {
      auto& gone = value.as_array();
      bool hit = std::find(gone.begin(), gone.end(), *it) != gone.end();
      it = hit ? items.erase(it) : std::next(it);
    }
    return;
  }
  if (key.starts_with(order_of)) {
    auto name = key.substr(order_of.size());
    auto list = target.if_contains(name);
    auto node = below(schema, name);
    if (list && list->is_array() && value.is_array() && node)
      apply_order(list->as_array(), value.as_array(), *node);
    return;
  }
  if (key == retain && value.is_array())
    for (auto it = target.begin(); it != target.end();) {
      auto& kept = value.as_array();
      bool stays = std::find(kept.begin(), kept.end(), json::value(it->key()))
                   != kept.end();
      it = stays ? std::next(it) : target.erase(it);
    }
}

complaint merge_field(json::object& target, std::string_view key,
                      const json::value& value, const schema_node* schema) {
  if (value.is_null()) {
    target.erase(key);
    return std::nullopt;
  }
  auto there = target.if_contains(key);
  if (auto object = value.if_object()) {
    if (there == nullptr || !there->is_object()
        || k8s_io::text_at(value, directive) == "replace") {
      target[key] = without_directives(value);
      return std::nullopt;
    }
    return merge_object(*there, *object, schema);
  }
  auto list = value.if_array();
  if (list == nullptr || schema == nullptr || !schema->merges) {
    target[key] = value;
    return std::nullopt;
  }
  if (there == nullptr || !there->is_array())
    there = &(target[key] = json::array{});
  auto before = there->as_array();
  auto& merged = there->as_array();
  if (schema->merge_key.empty())
    merge_primitives(merged, *list);
  else if (auto refused = merge_keyed(merged, *list, *schema))
    return refused;
  weave(merged, before, *list, schema->merge_key);
  return std::nullopt;
}

// Who says which keys are kept may set no others.
bool keeps_what_it_sets(const json::object& patch) {
  auto kept = patch.if_contains(retain);
  if (kept == nullptr || !kept->is_array())
    return kept == nullptr;
  auto& names = kept->as_array();
  return std::all_of(patch.begin(), patch.end(), [&](auto& each) {
    return is_directive(each.key())
           || std::find(names.begin(), names.end(), json::value(each.key()))
                  != names.end();
  });
}

complaint merge_object(json::value& target, const json::object& patch,
                       const schema_node* schema) {
  if (!target.is_object())
    target.emplace_object();
  auto how = patch.if_contains(directive);
  if (how != nullptr && *how == "replace") {
    target = without_directives(json::value(patch));
    return std::nullopt;
  }
  if (how != nullptr && *how == "delete") {
    target = json::object{};
    return std::nullopt;
  }
  auto& object = target.as_object();
  if (!keeps_what_it_sets(patch))
    return bad_request("invalid patch format of retainKeys");
  for (auto& each : patch)
    if (std::string_view{each.key()}.starts_with(delete_from))
      run_directive(object, each.key(), each.value(), schema);
  for (auto& each : patch)
    if (!is_directive(each.key()))
      if (auto refused = merge_field(object, each.key(), each.value(),
                                     below(schema, each.key())))
        return refused;
  for (auto& each : patch)
    if (std::string_view{each.key()}.starts_with(order_of)
        || each.key() == retain)
      run_directive(object, each.key(), each.value(), schema);
  return std::nullopt;
}

} // namespace

complaint strategic_patch(json::value& target, const json::value& patch,
                          const schema_node& schema) {
  auto object = patch.if_object();
  if (object == nullptr)
    return bad_request("error decoding patch: a strategic merge patch is an "
                       "object");
  return merge_object(target, *object, &schema);
}

} // namespace holystone::simulator
