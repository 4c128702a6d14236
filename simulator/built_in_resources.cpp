#include "simulator/built_in.hpp"
#include "simulator/object_meta.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

/// What a container may ask for by a name without a domain.
constexpr std::array<std::string_view, 3> of_containers{"cpu", "memory",
                                                        "ephemeral-storage"};

/// Words that are resources too, but only quotas count them.
constexpr std::string_view of_quotas
    = " storage pods services secrets configmaps resourcequotas "
      "replicationcontrollers persistentvolumeclaims services.nodeports "
      "services.loadbalancers requests.cpu requests.memory requests.storage "
      "requests.ephemeral-storage limits.cpu limits.memory "
      "limits.ephemeral-storage ";

bool is_huge_page(std::string_view name) {
  return name.starts_with("hugepages-");
}

/// Of Kubernetes itself, not of a device plug-in.
bool is_native(std::string_view name) {
  return name.find('/') == name.npos
         || name.find("kubernetes.io/") != name.npos;
}

void check_name(const std::string& name, const std::string& at,
                field_errors& errors) {
  const json::value value(name);
  if (!is_qualified_name(name)) {
    errors.invalid(at, value,
                   "name part must consist of alphanumeric characters, '-', "
                   "'_' or '.', and must start and end with an alphanumeric "
                   "character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
                   "regex used for validation is "
                   "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')");
    return;
  }
  if (name.find('/') != name.npos) {
    if (!is_native(name) && name.starts_with("requests."))
      errors.invalid(at, value,
                     "doesn't follow extended resource name standard");
    return;
  }
  if (is_huge_page(name) || std::ranges::count(of_containers, name) > 0)
    return;
  if (of_quotas.find(" " + name + " ") == of_quotas.npos)
    errors.invalid(at, value,
                   "must be a standard resource type or fully qualified");
  errors.invalid(at, value, "must be a standard resource for containers");
}

std::string text_of(const json::value& quantity) {
  auto* text = quantity.if_string();
  return text ? std::string{*text} : json::serialize(quantity);
}

void check_amount(std::string_view name, const json::value& quantity,
                  const std::string& at, field_errors& errors) {
  auto amount = k8s_io::amount_of(quantity);
  if (!amount)
    return;
  if (*amount < 0)
    errors.invalid(at, json::value(text_of(quantity)),
                   "must be greater than or equal to 0");
  if (!is_native(name) && std::floor(*amount) != *amount)
    errors.invalid(at, json::value(text_of(quantity)), "must be an integer");
}

/// A request and its limit; of what is not shared both are the same.
void check_pair(std::string_view name, const json::value& request,
                const json::value* limit, const std::string& at,
                field_errors& errors) {
  bool may_differ = is_native(name) && !is_huge_page(name);
  if (limit == nullptr) {
    if (!may_differ)
      errors.required(at + ".limits",
                      "Limit must be set for non overcommitable resources");
    return;
  }
  auto wanted = k8s_io::amount_of(request);
  auto most = k8s_io::amount_of(*limit);
  if (!wanted || !most)
    return;
  if (!may_differ && *wanted != *most)
    errors.invalid(
        at + ".requests", json::value(text_of(request)),
        fmt::format("must be equal to {} limit of {}", name, text_of(*limit)));
  else if (may_differ && *wanted > *most)
    errors.invalid(at + ".requests", json::value(text_of(request)),
                   fmt::format("must be less than or equal to {} limit of {}",
                               name, text_of(*limit)));
}

} // namespace

void check_resources(const json::value& container, const std::string& at,
                     field_errors& errors) {
  auto where = at + ".resources";
  auto& limits = k8s_io::members_at(container, "resources", "limits");
  auto check = [&](std::string_view group, const json::key_value_pair& each) {
    std::string name{each.key()};
    auto field = fmt::format("{}.{}[{}]", where, group, name);
    check_name(name, field, errors);
    check_amount(name, each.value(), field, errors);
  };
  for (auto& each : limits)
    check("limits", each);
  for (auto& each : k8s_io::members_at(container, "resources", "requests")) {
    check("requests", each);
    check_pair(each.key(), each.value(), limits.if_contains(each.key()), where,
               errors);
  }
}

} // namespace holystone::simulator
