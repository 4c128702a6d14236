#include "simulator/object_edit.hpp"

namespace holystone::simulator {

namespace json = boost::json;
using k8s_io::flag_at;
using k8s_io::items_at;
using k8s_io::text_at;

json::value& field(json::value& object, field_path path) {
  auto* at = &object;
  for (auto name : path) {
    if (!at->is_object())
      *at = json::object{};
    at = &at->as_object()[name];
  }
  return *at;
}

void drop(json::value& object, field_path path) {
  auto* at = &object;
  for (auto name = path.begin(); name != path.end(); ++name) {
    if (!at->is_object())
      return;
    if (name + 1 == path.end()) {
      at->as_object().erase(*name);
      return;
    }
    at = at->as_object().if_contains(*name);
    if (at == nullptr)
      return;
  }
}

json::array& list(json::value& object, field_path path) {
  auto& at = field(object, path);
  if (!at.is_array())
    at = json::array{};
  return at.as_array();
}

object_key key_of(const json::value& object) {
  return {text_at(object, "metadata", "namespace"),
          text_at(object, "metadata", "name")};
}

std::string uid_of(const json::value& object) {
  return text_at(object, "metadata", "uid");
}

bool is_deleting(const json::value& object) {
  return !text_at(object, "metadata", "deletionTimestamp").empty();
}

const json::value* controller_of(const json::value& object) {
  for (const auto& owner : items_at(object, "metadata", "ownerReferences"))
    if (flag_at(owner, "controller").value_or(false))
      return &owner;
  return nullptr;
}

json::value controller_reference(const json::value& owner,
                                 std::string_view api_version,
                                 std::string_view kind) {
  return {{"apiVersion", api_version},
          {"kind", kind},
          {"name", text_at(owner, "metadata", "name")},
          {"uid", uid_of(owner)},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

const json::value* condition_of(const json::value& object,
                                std::string_view type) {
  for (const auto& entry : items_at(object, "status", "conditions"))
    if (text_at(entry, "type") == type)
      return &entry;
  return nullptr;
}

bool has_condition(const json::value& object, std::string_view type) {
  const auto* found = condition_of(object, type);
  return found != nullptr && text_at(*found, "status") == "True";
}

bool set_condition(json::value& object, const condition& what, instant now) {
  const auto* status = what.status ? "True" : "False";
  json::value entry = {{"type", what.type},
                       {"status", status},
                       {"lastProbeTime", to_rfc3339(now)},
                       {"lastTransitionTime", to_rfc3339(now)},
                       {"reason", what.reason},
                       {"message", what.message}};
  auto& all = list(object, {"status", "conditions"});
  for (auto& old : all) {
    if (text_at(old, "type") != what.type)
      continue;
    if (text_at(old, "status") == status
        && text_at(old, "reason") == what.reason
        && text_at(old, "message") == what.message)
      return false;
    old = std::move(entry);
    return true;
  }
  if (!what.status)
    return false;
  all.push_back(std::move(entry));
  return true;
}

bool has_finalizer(const json::value& object, std::string_view name) {
  for (const auto& entry : items_at(object, "metadata", "finalizers"))
    if (entry.is_string() && entry.as_string() == name)
      return true;
  return false;
}

} // namespace holystone::simulator
