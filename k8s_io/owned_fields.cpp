#include "k8s_io/owned_fields.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// Does the server drop this member because it says nothing? In maps that users
/// fill each member says something.
bool is_left_out(std::string_view within, std::string_view name,
                 const json::value& value) {
  if (value.is_null() || (value.is_array() && value.get_array().empty()))
    return true;
  if (name == "readOnly" && value.is_bool())
    return !value.get_bool();
  if (name == "matchLabels" && value.is_object())
    return value.get_object().empty();
  return value.is_string() && value.get_string().empty()
         && within != "matchLabels";
}

/// As a serializer writes it. Most texts have nothing to be escaped.
void canonical_text(std::string_view text, std::string& out) {
  auto is_plain = std::ranges::none_of(text, [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ';
  });
  if (is_plain)
    ((out += '"') += text) += '"';
  else
    out += json::serialize(json::string_view{text.data(), text.size()});
}

void canonical_scalar(const json::value& from, std::string& out) {
  if (const auto* text = from.if_string())
    canonical_text(*text, out);
  else if (const auto* number = from.if_int64())
    out += fmt::format_int(*number).c_str();
  else if (const auto* flag = from.if_bool())
    out += *flag ? "true" : "false";
  else
    out += json::serialize(from);
}

/// Writes a value in a canonical form: members sorted, quantities normalised,
/// what says nothing left out.
void canonical(const json::value& from, std::string_view key,
               std::string& out) {
  if (const auto* object = from.if_object()) {
    std::vector<std::pair<std::string_view, const json::value*>> sorted;
    sorted.reserve(object->size());
    for (const auto& member : *object)
      if (!is_left_out(key, member.key(), member.value()))
        sorted.emplace_back(member.key(), &member.value());
    std::ranges::sort(sorted);
    out += '{';
    for (const auto& [name, value] : sorted) {
      out += name;
      out += ':';
      auto is_quantity
          = key == "limits" || key == "requests" || name == "sizeLimit";
      if (is_quantity)
        out += normal_quantity(*value);
      else
        canonical(*value, name, out);
      out += ',';
    }
    out += '}';
  } else if (const auto* array = from.if_array()) {
    out += '[';
    for (const auto& item : *array) {
      canonical(item, {}, out);
      out += ',';
    }
    out += ']';
  } else {
    canonical_scalar(from, out);
  }
}

void member(const json::value& from, std::string_view key, std::string& out) {
  out += key;
  out += '=';
  const auto* found = find(from, key);
  if (found && !found->is_null())
    canonical(*found, key, out);
  out += '\n';
}

constexpr std::array cron_fields{std::string_view{"schedule"},
                                 std::string_view{"timeZone"},
                                 std::string_view{"suspend"},
                                 std::string_view{"concurrencyPolicy"},
                                 std::string_view{"startingDeadlineSeconds"},
                                 std::string_view{"successfulJobsHistoryLimit"},
                                 std::string_view{"failedJobsHistoryLimit"}};
constexpr std::array job_fields{std::string_view{"suspend"},
                                std::string_view{"parallelism"},
                                std::string_view{"completions"},
                                std::string_view{"backoffLimit"},
                                std::string_view{"podReplacementPolicy"},
                                std::string_view{"activeDeadlineSeconds"}};
constexpr std::array pod_fields{
    std::string_view{"serviceAccountName"},
    std::string_view{"automountServiceAccountToken"},
    std::string_view{"restartPolicy"},
    std::string_view{"activeDeadlineSeconds"},
    std::string_view{"terminationGracePeriodSeconds"},
    std::string_view{"securityContext"},
    std::string_view{"volumes"}};
constexpr std::array container_fields{std::string_view{"name"},
                                      std::string_view{"image"},
                                      std::string_view{"imagePullPolicy"},
                                      std::string_view{"command"},
                                      std::string_view{"args"},
                                      std::string_view{"env"},
                                      std::string_view{"envFrom"},
                                      std::string_view{"resources"},
                                      std::string_view{"volumeMounts"},
                                      std::string_view{"securityContext"}};
constexpr std::array owned_annotations{
    names::source_namespaces, names::schedule_conflict,
    names::location,          names::winner,
    names::effective_since,   names::job_template,
    names::pod_fields};
constexpr std::array app_labels{names::app_name, names::app_component,
                                names::app_manager};
constexpr std::array owner_fields{
    std::string_view{"kind"}, std::string_view{"name"}, std::string_view{"uid"},
    std::string_view{"controller"}};

void metadata_of(const json::value& object, std::string& out) {
  const json::value none;
  const auto* labels = find(object, "metadata", "labels");
  const auto* annotations = find(object, "metadata", "annotations");
  for (auto key : owned_labels)
    member(labels ? *labels : none, key, out);
  for (auto key : owned_annotations)
    member(annotations ? *annotations : none, key, out);
}

/// Whose the CronJob is, as far as that is one of our kinds, and what common
/// tools show of it; the latter is ours on what belongs to a KopiaMaintenance.
void belongings_of(const json::value& cron_job, std::string& out) {
  for (const auto& owner : items_at(cron_job, "metadata", "ownerReferences"))
    if (text_at(owner, "apiVersion").starts_with("volsync.backube/"))
      for (auto key : owner_fields)
        member(owner, key, out);
  const auto* labels = find(cron_job, "metadata", "labels");
  if (labels && find(*labels, names::maintenance_name))
    for (auto key : app_labels)
      member(*labels, key, out);
}

/// Of the fields that others may write too, those that we do.
void user_fields_of(const json::value& job_template, std::string& out) {
  const json::value none;
  auto at = [&](auto... keys) -> const json::value& {
    const auto* found
        = find(job_template, "spec", "template", std::string_view{keys}...);
    return found ? *found : none;
  };
  auto listed
      = text_at(job_template, "metadata", "annotations", names::pod_fields);
  for (std::string_view left{listed}; !left.empty();) {
    auto name = left.substr(0, left.find(' '));
    left.remove_prefix(std::min(name.size() + 1, left.size()));
    auto slash = name.find('/');
    auto group = name.substr(0, slash);
    if (slash == name.npos)
      member(at("spec"), name, out);
    else
      member(group == "labels" ? at("metadata", "labels") : at("spec", group),
             name.substr(slash + 1), out);
  }
}

/// The owned part of a Job template in canonical form.
std::string owned_template(const json::value& job_template) {
  std::string out;
  const json::value none;
  auto at = [&](auto... keys) -> const json::value& {
    const auto* found = find(job_template, std::string_view{keys}...);
    return found ? *found : none;
  };
  for (auto key : job_fields)
    member(at("spec"), key, out);
  metadata_of(at("spec", "template"), out);
  for (auto key : pod_fields)
    member(at("spec", "template", "spec"), key, out);
  for (const auto& item :
       items_at(job_template, "spec", "template", "spec", "containers")) {
    for (auto key : container_fields)
      member(item, key, out);
  }
  user_fields_of(job_template, out);
  return out;
}

} // namespace

std::string digest_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (auto c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return fmt::format("{:016x}", hash);
}

std::string digest_of_template(const json::value& job_template) {
  return digest_of(owned_template(job_template));
}

std::string digest_of_owned(const json::value& object) {
  std::string out;
  const json::value none;
  metadata_of(object, out);
  belongings_of(object, out);
  const auto* spec = find(object, "spec");
  for (auto key : cron_fields)
    member(spec ? *spec : none, key, out);
  if (const auto* job_template = find(object, "spec", "jobTemplate")) {
    metadata_of(*job_template, out);
    out += owned_template(*job_template);
  }
  return digest_of(out);
}

} // namespace holystone::k8s_io
