#include "simulator/selectors.hpp"

#include "k8s_io/fields.hpp"
#include "simulator/kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

// Splits at commas outside of parentheses.
std::vector<std::string_view> terms_of(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t start = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    bool end = i == text.size();
    if (!end && text[i] == '(')
      ++depth;
    if (!end && text[i] == ')')
      --depth;
    if (end || (text[i] == ',' && depth == 0)) {
      terms.push_back(trim(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  return terms;
}

std::vector<std::string_view> fields_of(const kind_info& kind) {
  auto id = kind.id();
  if (id == "pods")
    return {"spec.nodeName",      "spec.restartPolicy",
            "spec.schedulerName", "spec.serviceAccountName",
            "spec.hostNetwork",   "status.phase",
            "status.podIP",       "status.nominatedNodeName"};
  if (id == "events")
    return {"involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type"};
  if (id == "jobs.batch")
    return {"status.successful"};
  if (id == "secrets")
    return {"type"};
  if (id == "namespaces")
    return {"status.phase"};
  if (id == "nodes")
    return {"spec.unschedulable"};
  return {};
}

std::string field_text(const json::value& object, std::string_view field) {
  // Two fields whose path is not their name.
  if (field == "source")
    field = "source.component";
  bool counted = field == "status.successful";
  if (counted)
    field = "status.succeeded";
  auto value = &object;
  while (value != nullptr && !field.empty()) {
    auto dot = field.find('.');
    value = k8s_io::find(*value, field.substr(0, dot));
    field.remove_prefix(dot == std::string_view::npos ? field.size() : dot + 1);
  }
  if (value == nullptr)
    return counted ? "0" : "";
  if (auto text = value->if_string())
    return std::string{*text};
  return json::serialize(*value);
}

} // namespace

answer<selection> selection::parse(const kind_info& kind,
                                   std::string_view labels,
                                   std::string_view fields) {
  selection out;
  auto terms = parse_labels(labels);
  if (!terms)
    return terms.why();
  out.labels_ = std::move(*terms);
  auto known = fields_of(kind);
  known.insert(known.end(), {"metadata.name", "metadata.namespace"});
  if (!kind.namespaced)
    known.pop_back();
  if (!trim(fields).empty())
    for (auto each : terms_of(fields)) {
      auto at = each.find('=');
      if (at == std::string_view::npos || at == 0)
        return bad_request(fmt::format(
            "invalid selector: '{}'; can't understand '{}'", fields, each));
      bool unequal = each[at - 1] == '!';
      auto name = each.substr(0, unequal ? at - 1 : at);
      auto value = each.substr(at + 1);
      if (value.starts_with("="))
        value.remove_prefix(1);
      if (std::find(known.begin(), known.end(), name) == known.end())
        return bad_request(
            kind.kind == "Job"
                ? fmt::format("field label \"{}\" not supported for Job", name)
                : fmt::format("field label not supported: {}", name));
      out.fields_.push_back({std::string{name}, !unequal, std::string{value}});
    }
  return out;
}

bool selection::admits(const label_term& term, const std::string* value) {
  auto listed = [&] {
    return std::find(term.values.begin(), term.values.end(), *value)
           != term.values.end();
  };
  switch (term.how) {
    case test::exists:
      return value != nullptr;
    case test::absent:
      return value == nullptr;
    case test::is_in:
      return value != nullptr && listed();
    case test::not_in:
      return value == nullptr || !listed();
    default:
      break;
  }
  if (value == nullptr)
    return false;
  char* end = nullptr;
  auto left = std::strtoll(value->c_str(), &end, 10);
  if (value->empty() || *end != '\0')
    return false;
  auto right = std::strtoll(term.values.front().c_str(), nullptr, 10);
  return term.how == test::less ? left < right : left > right;
}

bool selection::admits(const json::value& object) const {
  auto& labels = k8s_io::members_at(object, "metadata", "labels");
  for (auto& term : labels_) {
    std::optional<std::string> value;
    if (auto found = labels.if_contains(term.key))
      if (auto text = found->if_string())
        value = std::string{*text};
    if (!admits(term, value ? &*value : nullptr))
      return false;
  }
  return std::all_of(fields_.begin(), fields_.end(), [&](const auto& term) {
    return (field_text(object, term.field) == term.value) == term.equal;
  });
}

} // namespace holystone::simulator
