#include "simulator/field_set.hpp"

#include <algorithm>

// The walks over objects that field sets are made from and applied to.

namespace holystone::simulator {

namespace json = boost::json;

namespace {

using shape = schema_node::shape;

const schema_node* schema_of(const schema_node* owner, std::string_view name) {
  if (owner == nullptr)
    return nullptr;
  if (owner->what == shape::map)
    return owner->element;
  return owner->field(name);
}

// Structs list their fields; entries of maps are members of their own.
bool is_struct_field(const schema_node* owner, std::string_view name) {
  return owner != nullptr && owner->what == shape::object
         && owner->field(name) != nullptr;
}

void collect(const json::value& value, const schema_node* schema,
             field_set& at) {
  if (!is_granular(value, schema)) {
    at.member = true;
    return;
  }
  if (auto list = value.if_array()) {
    for (auto& item : *list) {
      auto& child = at.children[path_element(item, *schema)];
      child.member = true;
      if (item.is_object())
        collect(item, schema->element, child);
    }
    return;
  }
  for (auto& each : value.as_object()) {
    auto& child = at.children["f:" + std::string{each.key()}];
    collect(each.value(), schema_of(schema, each.key()), child);
    bool bare
        = each.value().is_null()
          || (each.value().is_object() && each.value().as_object().empty());
    if (bare || !is_struct_field(schema, each.key()))
      child.member = true;
  }
}

bool is_bare(const json::value& value) {
  return value.is_null() || (value.is_object() && value.as_object().empty())
         || (value.is_array() && value.as_array().empty());
}

struct comparison {
  field_changes changes;
  std::vector<std::string> path;

  void insert(field_set& into) {
    auto* at = &into;
    for (auto& element : path)
      at = &at->children[element];
    at->member = true;
  }

  void leaf(const json::value* before, const json::value* after) {
    if (before == nullptr)
      insert(changes.added);
    else if (after == nullptr)
      insert(changes.removed);
    else if (*before != *after)
      insert(changes.modified);
  }

  void descend(std::string element, const json::value* before,
               const json::value* after, const schema_node* schema) {
    path.push_back(std::move(element));
    compare(before, after, schema);
    path.pop_back();
  }

  void compare_objects(const json::object* before, const json::object* after,
                       const schema_node* schema) {
    if (before != nullptr)
      for (auto& each : *before)
        descend("f:" + std::string{each.key()}, &each.value(),
                after ? after->if_contains(each.key()) : nullptr,
                schema_of(schema, each.key()));
    if (after != nullptr)
      for (auto& each : *after)
        if (before == nullptr || !before->contains(each.key()))
          descend("f:" + std::string{each.key()}, nullptr, &each.value(),
                  schema_of(schema, each.key()));
  }

  void compare_lists(const json::array* before, const json::array* after,
                     const schema_node& schema) {
    std::map<std::string, std::pair<const json::value*, const json::value*>>
        items;
    if (before != nullptr)
      for (auto& item : *before)
        items[path_element(item, schema)].first = &item;
    if (after != nullptr)
      for (auto& item : *after)
        items[path_element(item, schema)].second = &item;
    for (auto& [element, sides] : items)
      descend(element, sides.first, sides.second, schema.element);
  }

  static bool bare(const json::value* value) {
    return value == nullptr || is_bare(*value);
  }

  void compare(const json::value* before, const json::value* after,
               const schema_node* schema) {
    bool cleared = after == nullptr || after->is_null();
    auto given = cleared && before != nullptr ? before : after;
    if (given == nullptr || given->is_null())
      return;
    auto other = given == after ? before : after;
    bool alike = other == nullptr || other->is_null()
                 || other->kind() == given->kind();
    if (!is_granular(*given, schema) || !alike
        || (bare(before) && bare(after))) {
      leaf(before, after);
      return;
    }
    if (given->is_object())
      compare_objects(before ? before->if_object() : nullptr,
                      after ? after->if_object() : nullptr, schema);
    else
      compare_lists(before ? before->if_array() : nullptr,
                    after ? after->if_array() : nullptr, *schema);
    if (before == nullptr)
      insert(changes.added);
    else if (after == nullptr)
      insert(changes.removed);
  }
};

void merge_lists(json::array& base, const json::array& over,
                 const schema_node& schema) {
  std::map<std::string, const json::value*> wanted;
  for (auto& item : over)
    wanted.emplace(path_element(item, schema), &item);
  // Items of both sides keep the order of `over`; those of `base` alone stay
  // where they were relative to what follows them.
  json::array out;
  std::map<std::string, json::value> shared;
  std::vector<std::pair<std::size_t, json::value>> alone;
  std::size_t passed = 0;
  for (auto& item : base) {
    auto element = path_element(item, schema);
    if (wanted.contains(element)) {
      shared.emplace(element, item);
      ++passed;
    } else {
      alone.emplace_back(passed, item);
    }
  }
  std::size_t placed = 0;
  auto next = alone.begin();
  auto place_alone = [&] {
    for (; next != alone.end() && next->first <= placed; ++next)
      out.push_back(std::move(next->second));
  };
  for (auto& item : over) {
    auto element = path_element(item, schema);
    auto found = shared.find(element);
    place_alone();
    if (found == shared.end()) {
      out.push_back(item);
      continue;
    }
    merge_fields(found->second, item, schema.element);
    out.push_back(std::move(found->second));
    ++placed;
  }
  placed = passed;
  place_alone();
  base = std::move(out);
}

} // namespace

field_set fields_of(const json::value& object, const schema_node* schema) {
  field_set out;
  collect(object, schema, out);
  out.member = false;
  return out;
}

field_changes compare_fields(const json::value& before,
                             const json::value& after,
                             const schema_node* schema) {
  comparison walk;
  walk.compare(&before, &after, schema);
  return std::move(walk.changes);
}

void merge_fields(json::value& base, const json::value& over,
                  const schema_node* schema) {
  if (!is_granular(over, schema) || base.kind() != over.kind()) {
    base = over;
    return;
  }
  if (auto list = over.if_array()) {
    merge_lists(base.as_array(), *list, *schema);
    return;
  }
  for (auto& each : over.as_object()) {
    auto& object = base.as_object();
    if (auto old = object.if_contains(each.key()))
      merge_fields(*old, each.value(), schema_of(schema, each.key()));
    else
      object.emplace(each.key(), each.value());
  }
}

void remove_fields(json::value& object, const field_set& gone,
                   const field_set& kept, const schema_node* schema) {
  static const field_set nothing;
  auto below = [&](std::string_view element) -> const field_set& {
    auto found = kept.children.find(element);
    return found == kept.children.end() ? nothing : found->second;
  };
  // What removing emptied goes too, unless somebody owns it as a whole.
  auto clear = [&](json::value& value, const std::string& element,
                   const field_set& child, const schema_node* type) {
    if (child.member && below(element).empty())
      return true;
    remove_fields(value, child, below(element), type);
    return is_bare(value) && !below(element).member;
  };
  if (auto list = object.if_array(); list && schema && schema->element) {
    for (auto it = list->begin(); it != list->end();) {
      auto element = path_element(*it, *schema);
      auto found = gone.children.find(element);
      bool goes = found != gone.children.end()
                  && clear(*it, element, found->second, schema->element);
      it = goes ? list->erase(it) : std::next(it);
    }
    return;
  }
  auto fields = object.if_object();
  if (fields == nullptr)
    return;
  for (auto& [element, child] : gone.children) {
    auto name = std::string_view{element}.substr(2);
    auto value = fields->if_contains(name);
    if (value != nullptr
        && clear(*value, element, child, schema_of(schema, name)))
      fields->erase(name);
  }
}

} // namespace holystone::simulator
