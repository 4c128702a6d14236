#include "simulator/field_set.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::simulator {

namespace json = boost::json;

bool field_set::empty() const {
  return !member
         && std::all_of(children.begin(), children.end(),
                        [](auto& each) { return each.second.empty(); });
}

void field_set::unite(const field_set& other) {
  member = member || other.member;
  for (auto& [name, child] : other.children)
    children[name].unite(child);
}

void field_set::subtract(const field_set& other) {
  if (other.member)
    member = false;
  for (auto& [name, child] : other.children)
    if (auto found = children.find(name); found != children.end()) {
      found->second.subtract(child);
      if (found->second.empty())
        children.erase(found);
    }
}

field_set field_set::intersect(const field_set& other) const {
  field_set out;
  out.member = member && other.member;
  for (auto& [name, child] : children)
    if (auto found = other.children.find(name); found != other.children.end()) {
      auto both = child.intersect(found->second);
      if (!both.empty())
        out.children.emplace(name, std::move(both));
    }
  return out;
}

void field_set::prune() {
  for (auto it = children.begin(); it != children.end();) {
    it->second.prune();
    it = it->second.empty() ? children.erase(it) : std::next(it);
  }
}

bool read_field_set(const json::value& fields, field_set& out) {
  auto object = fields.if_object();
  if (object == nullptr)
    return false;
  for (auto& each : *object) {
    std::string_view key = each.key();
    auto below = each.value().if_object();
    if (below == nullptr)
      return false;
    if (key == ".") {
      out.member = true;
      continue;
    }
    if (key.size() < 2 || key[1] != ':'
        || std::string_view{"fkvi"}.find(key[0]) == std::string_view::npos)
      return false;
    auto& child = out.children[std::string{key}];
    if (below->empty())
      child.member = true;
    else if (!read_field_set(each.value(), child))
      return false;
  }
  return true;
}

json::object write_field_set(const field_set& set) {
  json::object out;
  if (set.member && !set.children.empty())
    out.emplace(".", json::object{});
  for (auto& [name, child] : set.children)
    out.emplace(name, write_field_set(child));
  return out;
}

namespace {

std::string describe_element(std::string_view element) {
  auto text = element.substr(2);
  switch (element[0]) {
    case 'f':
      return fmt::format(".{}", text);
    case 'v':
      return fmt::format("[={}]", text);
    case 'i':
      return fmt::format("[{}]", text);
    default:
      break;
  }
  std::string keys;
  auto parsed = json::parse({text.data(), text.size()});
  for (auto& each : parsed.as_object())
    keys += fmt::format("{}{}={}", keys.empty() ? "" : ",",
                        std::string_view{each.key()},
                        json::serialize(each.value()));
  return fmt::format("[{}]", keys);
}

void describe(const field_set& set, const std::string& prefix,
              std::vector<std::string>& out) {
  if (set.member && !prefix.empty())
    out.push_back(prefix);
  for (auto& [name, child] : set.children)
    describe(child, prefix + describe_element(name), out);
}

} // namespace

std::vector<std::string> describe_paths(const field_set& set) {
  std::vector<std::string> out;
  describe(set, "", out);
  return out;
}

std::string path_element(const json::value& item, const schema_node& list) {
  if (list.items == schema_node::list_type::set)
    return "v:" + json::serialize(item);
  auto object = item.if_object();
  if (object == nullptr)
    return {};
  auto keys = list.keys;
  std::sort(keys.begin(), keys.end());
  json::object out;
  for (auto& key : keys) {
    if (auto value = object->if_contains(key))
      out.emplace(key, *value);
    else if (key == "protocol")
      out.emplace(key, "TCP");
  }
  return out.empty() ? std::string{} : "k:" + json::serialize(out);
}

bool is_granular(const json::value& value, const schema_node* schema) {
  if (schema == nullptr || schema->what == schema_node::shape::any)
    return value.is_object();
  if (schema->atomic)
    return false;
  if (value.is_object())
    return schema->what == schema_node::shape::object
           || schema->what == schema_node::shape::map;
  return value.is_array() && schema->what == schema_node::shape::list
         && schema->items != schema_node::list_type::atomic;
}

} // namespace holystone::simulator
