#include "simulator/object_meta.hpp"

#include "simulator/kinds.hpp"
#include "simulator/object_edit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

constexpr std::string_view subdomain_rule
    = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
      "characters, '-' or '.', and must start and end with an alphanumeric "
      "character (e.g. 'example.com', regex used for validation is "
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

constexpr std::string_view label_rule
    = "a lowercase RFC 1123 label must consist of lower case alphanumeric "
      "characters or '-', and must start and end with an alphanumeric "
      "character "
      "(e.g. 'my-name',  or '123-abc', regex used for validation is "
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

constexpr std::string_view key_rule
    = "name part must consist of alphanumeric characters, '-', '_' or '.', and "
      "must start and end with an alphanumeric character (e.g. 'MyName',  or "
      "'my.name',  or '123-abc', regex used for validation is "
      "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

constexpr std::string_view value_rule
    = "a valid label must be an empty string or consist of alphanumeric "
      "characters, '-', '_' or '.', and must start and end with an "
      "alphanumeric "
      "character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
      "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

// Sum of keys and values of all annotations.
constexpr std::size_t annotation_limit = 256 * 1024;

bool lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool alphanumeric(char c) {
  return lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

bool part_of_name(std::string_view text) {
  return !text.empty() && alphanumeric(text.front())
         && alphanumeric(text.back())
         && std::all_of(text.begin(), text.end(), [](char c) {
              return alphanumeric(c) || c == '-' || c == '_' || c == '.';
            });
}

// `name` is judged and `shown` is told.
void check_qualified(std::string_view name, std::string_view shown,
                     std::string_view at, field_errors& errors) {
  if (auto slash = name.find('/'); slash != name.npos) {
    if (!is_subdomain(name.substr(0, slash)))
      errors.invalid(at, json::value(shown),
                     fmt::format("prefix part {}", subdomain_rule));
    name.remove_prefix(slash + 1);
  }
  if (name.size() > 63 || !part_of_name(name))
    errors.invalid(at, json::value(shown), key_rule);
}

void check_name(const kind_info& kind, const json::value& object,
                std::string_view at, field_errors& errors) {
  auto name = k8s_io::text_at(object, "metadata", "name");
  auto field = fmt::format("{}.name", at);
  if (name.empty()) {
    errors.required(field, "name or generateName is required");
    return;
  }
  bool label_only = kind.kind == "Namespace";
  auto most = label_only ? 63U : 253U;
  // RBAC names are path segments, not DNS names.
  bool path_segment = kind.group == "rbac.authorization.k8s.io";
  if (path_segment) {
    if (name.find_first_of("/%") != std::string::npos)
      errors.invalid(field, json::value(name), "may not contain '/' or '%'");
    return;
  }
  if (name.size() > most)
    errors.invalid(field, json::value(name),
                   fmt::format("must be no more than {} bytes", most));
  else if (label_only && !is_label(name))
    errors.invalid(field, json::value(name), label_rule);
  else if (!is_subdomain(name))
    errors.invalid(field, json::value(name), subdomain_rule);
}

void check_annotations(const json::value& object, std::string_view at,
                       field_errors& errors) {
  std::size_t total = 0;
  auto field = fmt::format("{}.annotations", at);
  for (auto& each : k8s_io::members_at(object, "metadata", "annotations")) {
    std::string key{each.key()};
    std::transform(key.begin(), key.end(), key.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    check_qualified(key, each.key(), field, errors);
    total += each.key().size();
    if (auto text = each.value().if_string())
      total += text->size();
  }
  if (total > annotation_limit)
    errors.too_long(field, annotation_limit);
}

void check_owners(const json::value& object, std::string_view at,
                  field_errors& errors) {
  std::string first;
  auto field = fmt::format("{}.ownerReferences", at);
  auto& owners = k8s_io::items_at(object, "metadata", "ownerReferences");
  for (auto& owner : owners) {
    for (auto name : {"apiVersion", "kind", "name", "uid"})
      if (k8s_io::text_at(owner, name).empty())
        errors.invalid(fmt::format("{}.{}", field, name), "",
                       std::string_view{name} == "apiVersion"
                           ? "version must not be empty"
                           : "must not be empty");
    auto kind = k8s_io::text_at(owner, "kind");
    if (kind == "Event" && k8s_io::text_at(owner, "apiVersion") == "v1")
      errors.invalid(field, owner,
                     "/v1, Kind=Event is disallowed from being an owner");
    if (!k8s_io::flag_at(owner, "controller").value_or(false))
      continue;
    auto name = kind + "/" + k8s_io::text_at(owner, "name");
    if (!first.empty())
      errors.invalid(
          field, owners,
          fmt::format("Only one reference can have Controller set to true. "
                      "Found \"true\" in references for {} and {}",
                      first, name));
    first = name;
  }
}

} // namespace

bool is_label(std::string_view name) {
  return !name.empty() && name.size() <= 63 && lower_or_digit(name.front())
         && lower_or_digit(name.back())
         && std::all_of(name.begin(), name.end(),
                        [](char c) { return lower_or_digit(c) || c == '-'; });
}

bool is_subdomain(std::string_view name) {
  if (name.empty() || name.size() > 253)
    return false;
  while (true) {
    auto dot = name.find('.');
    auto part = name.substr(0, dot);
    // Parts may be longer than 63 here; only the whole is limited.
    if (part.empty() || !lower_or_digit(part.front())
        || !lower_or_digit(part.back())
        || !std::all_of(part.begin(), part.end(),
                        [](char c) { return lower_or_digit(c) || c == '-'; }))
      return false;
    if (dot == std::string_view::npos)
      return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_qualified_name(std::string_view name) {
  if (auto slash = name.find('/'); slash != std::string_view::npos) {
    if (!is_subdomain(name.substr(0, slash)))
      return false;
    name.remove_prefix(slash + 1);
  }
  return name.size() <= 63 && part_of_name(name);
}

bool is_label_value(std::string_view value) {
  return value.empty() || (value.size() <= 63 && part_of_name(value));
}

void check_labels(const json::value& labels, std::string_view at,
                  field_errors& errors) {
  auto map = labels.if_object();
  if (map == nullptr)
    return;
  for (auto& each : *map) {
    check_qualified(each.key(), each.key(), at, errors);
    auto value = each.value().if_string();
    if (value == nullptr)
      continue;
    if (value->size() > 63)
      errors.invalid(at, each.value(), "must be no more than 63 bytes");
    else if (!is_label_value(*value))
      errors.invalid(at, each.value(), value_rule);
  }
}

void check_metadata(const kind_info& kind, const json::value& object,
                    std::string_view at, field_errors& errors) {
  check_name(kind, object, at, errors);
  if (auto labels = k8s_io::find(object, "metadata", "labels"))
    check_labels(*labels, fmt::format("{}.labels", at), errors);
  check_annotations(object, at, errors);
  check_owners(object, at, errors);
  std::size_t index = 0;
  for (auto& each : k8s_io::items_at(object, "metadata", "finalizers")) {
    auto text = each.if_string();
    auto field = fmt::format("{}.finalizers[{}]", at, index++);
    if (text == nullptr)
      continue;
    check_qualified(*text, *text, fmt::format("{}.finalizers", at), errors);
    bool standard = *text == "kubernetes" || *text == "orphan"
                    || *text == "foregroundDeletion";
    if (kind.custom == nullptr && !standard && text->find('/') == text->npos)
      errors.invalid(field, each,
                     "name is neither a standard finalizer name nor is it "
                     "fully qualified");
  }
}

void check_metadata_update(const json::value& before, const json::value& after,
                           field_errors& errors) {
  for (auto name : {"name", "namespace", "uid", "creationTimestamp",
                    "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    auto old = k8s_io::find(before, "metadata", name);
    auto now = k8s_io::find(after, "metadata", name);
    bool same = old == nullptr ? now == nullptr : now && *old == *now;
    if (!same)
      errors.invalid(fmt::format("metadata.{}", name),
                     now ? *now : json::value{}, "field is immutable");
  }
  if (!is_deleting(before))
    return;
  std::string added;
  for (auto& each : k8s_io::items_at(after, "metadata", "finalizers"))
    if (auto text = each.if_string(); text && !has_finalizer(before, *text))
      added += (added.empty() ? "" : ", ") + json::serialize(each);
  if (!added.empty())
    errors.forbidden(
        "metadata.finalizers",
        fmt::format("no new finalizers can be added if the object is being "
                    "deleted, found new finalizers []string{{{}}}",
                    added));
}

void keep_system_fields(const json::value& before, json::value& after) {
  auto& metadata = field(after, {"metadata"});
  if (!metadata.is_object())
    metadata.emplace_object();
  // What a client may repeat is checked later; absent means unchanged.
  for (auto name : {"uid", "namespace", "name"})
    if (auto old = k8s_io::find(before, "metadata", name)) {
      auto& slot = field(after, {"metadata", name});
      if (slot.is_null() || (slot.is_string() && slot.as_string().empty()))
        slot = *old;
    }
  for (auto name :
       {"creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
        "generation", "resourceVersion", "generateName"}) {
    if (auto old = k8s_io::find(before, "metadata", name))
      field(after, {"metadata", name}) = *old;
    else
      drop(after, {"metadata", name});
  }
}

void clear_system_fields(const kind_info& kind, json::value& object) {
  for (auto name :
       {"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "selfLink"})
    drop(object, {"metadata", name});
  // Kinds that do not count it keep what they are given.
  if (kind.has_generation)
    drop(object, {"metadata", "generation"});
}

void tidy_metadata(json::value& object) {
  auto& metadata = field(object, {"metadata"});
  if (!metadata.is_object())
    metadata.emplace_object();
  auto& members = metadata.as_object();
  for (auto it = members.begin(); it != members.end();) {
    auto& value = it->value();
    bool empty = value.is_null()
                 || (value.is_object() && value.as_object().empty())
                 || (value.is_array() && value.as_array().empty())
                 || (value.is_string() && value.as_string().empty());
    it = empty ? members.erase(it) : std::next(it);
  }
}

} // namespace holystone::simulator
