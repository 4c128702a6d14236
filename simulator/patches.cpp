#include "simulator/patches.hpp"

#include "k8s_io/fields.hpp"

#include <algorithm>
#include <charconv>

namespace holystone::simulator {

namespace json = boost::json;

void merge_patch(json::value& target, const json::value& patch) {
  auto fields = patch.if_object();
  if (fields == nullptr) {
    target = patch;
    return;
  }
  if (!target.is_object())
    target.emplace_object();
  auto& object = target.as_object();
  for (auto& each : *fields) {
    if (each.value().is_null())
      object.erase(each.key());
    else
      merge_patch(object[each.key()], each.value());
  }
}

namespace {

std::vector<std::string> tokens_of(std::string_view pointer) {
  std::vector<std::string> out;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    auto end = std::min(pointer.find('/'), pointer.size());
    std::string token;
    for (std::size_t i = 0; i < end; ++i) {
      if (pointer[i] == '~' && i + 1 < end) {
        ++i;
        token += pointer[i] == '1' ? '/' : '~';
      } else {
        token += pointer[i];
      }
    }
    out.push_back(std::move(token));
    pointer.remove_prefix(end);
  }
  return out;
}

std::optional<std::size_t> index_in(std::string_view token, std::size_t size) {
  std::size_t index = 0;
  auto end = token.data() + token.size();
  auto [rest, failed] = std::from_chars(token.data(), end, index);
  if (failed != std::errc{} || rest != end || index >= size)
    return std::nullopt;
  return index;
}

json::value* step_into(json::value& at, const std::string& token) {
  if (auto object = at.if_object())
    return object->if_contains(token);
  auto list = at.if_array();
  auto index = list ? index_in(token, list->size()) : std::nullopt;
  return index ? &(*list)[*index] : nullptr;
}

json::value* resolve(json::value& root, const std::vector<std::string>& path,
                     std::size_t depth) {
  auto at = &root;
  for (std::size_t i = 0; i < depth && at != nullptr; ++i)
    at = step_into(*at, path[i]);
  return at;
}

complaint add_at(json::value& root, std::string_view path,
                 const json::value& value) {
  auto tokens = tokens_of(path);
  if (tokens.empty()) {
    root = value;
    return std::nullopt;
  }
  auto parent = resolve(root, tokens, tokens.size() - 1);
  if (parent == nullptr)
    return rejected();
  if (auto object = parent->if_object()) {
    (*object)[tokens.back()] = value;
    return std::nullopt;
  }
  auto list = parent->if_array();
  if (list == nullptr)
    return rejected();
  if (tokens.back() == "-") {
    list->push_back(value);
    return std::nullopt;
  }
  auto index = index_in(tokens.back(), list->size() + 1);
  if (!index)
    return rejected();
  list->insert(list->begin() + static_cast<std::ptrdiff_t>(*index), value);
  return std::nullopt;
}

complaint remove_at(json::value& root, std::string_view path) {
  auto tokens = tokens_of(path);
  auto parent
      = tokens.empty() ? nullptr : resolve(root, tokens, tokens.size() - 1);
  auto there = parent ? step_into(*parent, tokens.back()) : nullptr;
  if (there == nullptr)
    return rejected();
  if (auto object = parent->if_object())
    object->erase(tokens.back());
  else
    parent->as_array().erase(parent->as_array().begin()
                             + (there - parent->as_array().data()));
  return std::nullopt;
}

bool parent_is_object(json::value& root, const std::vector<std::string>& path) {
  auto parent = path.empty() ? nullptr : resolve(root, path, path.size() - 1);
  return parent != nullptr && parent->is_object();
}

complaint run_operation(json::value& root, const json::value& step) {
  auto what = k8s_io::text_at(step, "op");
  auto path = k8s_io::text_at(step, "path");
  auto from = k8s_io::text_at(step, "from");
  auto given = k8s_io::find(step, "value");
  auto value = given ? *given : json::value{};
  auto there = resolve(root, tokens_of(path), tokens_of(path).size());
  if (what == "add")
    return add_at(root, path, value);
  if (what == "remove")
    return remove_at(root, path);
  if (what == "replace") {
    if (there != nullptr)
      *there = value;
    // The library of the real server adds a member that is not there.
    else if (auto to = tokens_of(path); parent_is_object(root, to))
      return add_at(root, path, value);
    else
      return rejected();
    return std::nullopt;
  }
  if (what == "test") {
    bool holds = there ? *there == value : value.is_null();
    if (holds)
      return std::nullopt;
    return rejected();
  }
  if (what == "move" || what == "copy") {
    auto source = resolve(root, tokens_of(from), tokens_of(from).size());
    if (source == nullptr)
      return rejected();
    auto moved = *source;
    if (what == "move")
      if (auto refused = remove_at(root, from))
        return refused;
    return add_at(root, path, moved);
  }
  return rejected();
}

} // namespace

complaint json_patch(json::value& target, const json::value& patch) {
  auto steps = patch.if_array();
  if (steps == nullptr)
    return bad_request("error decoding patch: a JSON patch is a list of "
                       "operations");
  for (auto& step : *steps)
    if (auto refused = run_operation(target, step))
      return refused;
  return std::nullopt;
}

} // namespace holystone::simulator
