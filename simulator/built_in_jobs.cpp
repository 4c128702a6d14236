#include "simulator/built_in.hpp"
#include "simulator/object_edit.hpp"
#include "simulator/object_meta.hpp"

#include "scheduler/cron.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

void not_negative(const json::value& spec, const std::string& at,
                  std::string_view name, field_errors& errors) {
  if (auto number = k8s_io::integer_at(spec, name); number && *number < 0)
    errors.invalid(fmt::format("{}.{}", at, name), *number,
                   "must be greater than or equal to 0");
}

// The library of the real server counts the fields in other words.
std::string in_words_of_cron(std::string_view text, std::string ours) {
  std::vector<std::string> fields;
  std::string word;
  std::istringstream in{std::string{text}};
  while (in >> word)
    fields.push_back(word);
  if (fields.size() == 5 || text.starts_with("@"))
    return ours;
  return fmt::format("expected exactly 5 fields, found {}: [{}]", fields.size(),
                     fmt::join(fields, " "));
}

void check_schedule(const json::value& spec, const json::value* before,
                    field_errors& errors) {
  auto text = k8s_io::text_at(spec, "schedule");
  if (text.empty()) {
    errors.required("spec.schedule");
    return;
  }
  // Older objects may keep what is refused today.
  if (before != nullptr && k8s_io::text_at(*before, "spec", "schedule") == text)
    return;
  auto parsed = scheduler::parse_cron(text);
  if (!parsed) {
    errors.invalid("spec.schedule", json::value(text),
                   in_words_of_cron(text, parsed.why().message));
    return;
  }
  bool zoned = text.find("TZ") != std::string::npos;
  if (zoned && k8s_io::find(spec, "timeZone") != nullptr)
    errors.invalid("spec.schedule", json::value(text),
                   "cannot use both timeZone field and TZ or CRON_TZ in "
                   "schedule");
  else if (zoned)
    errors.invalid("spec.schedule", json::value(text),
                   "cannot use TZ or CRON_TZ in schedule, use timeZone field "
                   "instead");
}

void check_zone(const json::value& spec, field_errors& errors) {
  auto value = k8s_io::find(spec, "timeZone");
  if (value == nullptr || !value->is_string())
    return;
  std::string_view name = value->as_string();
  if (name.empty()) {
    errors.invalid("spec.timeZone", *value,
                   "timeZone must be nil or non-empty string");
    return;
  }
  std::string lower{name};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (lower == "local")
    errors.invalid("spec.timeZone", *value,
                   "timeZone must be an explicit time zone as defined in "
                   "https://www.iana.org/time-zones");
  else if (!scheduler::find_zone(name))
    errors.invalid("spec.timeZone", *value,
                   fmt::format("unknown time zone {}", name));
}

json::value at_path(const json::value& object,
                    std::initializer_list<std::string_view> path) {
  auto value = &object;
  for (auto name : path) {
    value = k8s_io::find(*value, name);
    if (value == nullptr)
      return nullptr;
  }
  return *value;
}

// While a Job is suspended and has not started, these parts of its template
// may change (A-4), since 1.36 resources too; else the template is fixed.
json::value fixed_template(const json::value& job, bool flexible, int minor) {
  auto pods = at_path(job, {"spec", "template"});
  if (!flexible || !pods.is_object())
    return pods;
  for (auto name : {"labels", "annotations"})
    drop(pods, {"metadata", name});
  for (auto name :
       {"nodeSelector", "affinity", "tolerations", "schedulingGates"})
    drop(pods, {"spec", name});
  if (minor < 36)
    return pods;
  for (auto group : {"containers", "initContainers"})
    for (auto& each : list(pods, {"spec", group}))
      drop(each, {"resources"});
  return pods;
}

// Maps are told in the order of their keys.
json::object in_order(const json::object& map) {
  std::map<std::string, json::value> sorted;
  for (auto& each : map)
    sorted.emplace(each.key(), each.value());
  json::object out;
  for (auto& [key, value] : sorted)
    out.emplace(key, value);
  return out;
}

void check_fixed(const json::value& before, const json::value& after,
                 std::string_view name, field_errors& errors) {
  auto old = at_path(before, {"spec", name});
  auto now = at_path(after, {"spec", name});
  if (old == now)
    return;
  if (name == "selector")
    now = {{"matchLabels", in_order(k8s_io::members_at(now, "matchLabels"))}};
  errors.invalid(fmt::format("spec.{}", name), now, "field is immutable");
}

void check_selector(const json::value& spec, const std::string& at,
                    field_errors& errors) {
  if (k8s_io::find(spec, "selector") == nullptr) {
    errors.required(at + ".selector");
    return;
  }
  auto& wanted = k8s_io::members_at(spec, "selector", "matchLabels");
  auto& labels = k8s_io::members_at(spec, "template", "metadata", "labels");
  bool manual = k8s_io::flag_at(spec, "manualSelector").value_or(false);
  if (!manual && wanted.size() != 1)
    errors.invalid(at + ".selector",
                   json::object{{"matchLabels", in_order(wanted)}},
                   "`selector` not auto-generated");
  bool matches = std::all_of(wanted.begin(), wanted.end(), [&](auto& each) {
    auto value = labels.if_contains(each.key());
    return value != nullptr && *value == each.value();
  });
  if (!matches)
    errors.invalid(at + ".template.metadata.labels", in_order(labels),
                   "`selector` does not match template `labels`");
}

} // namespace

void check_job_spec(const json::value& spec, const std::string& at,
                    bool in_cron_job, field_errors& errors) {
  for (auto name : {"parallelism", "completions", "activeDeadlineSeconds",
                    "backoffLimit", "ttlSecondsAfterFinished"})
    not_negative(spec, at, name, errors);
  auto replacement = k8s_io::text_at(spec, "podReplacementPolicy");
  if (!replacement.empty() && replacement != "Failed"
      && replacement != "TerminatingOrFailed")
    errors.unsupported(at + ".podReplacementPolicy", json::value(replacement),
                       {"Failed", "TerminatingOrFailed"});
  if (in_cron_job && k8s_io::find(spec, "selector") != nullptr)
    errors.invalid(at + ".selector", *k8s_io::find(spec, "selector"),
                   "`selector` will be auto-generated");
  if (in_cron_job && k8s_io::flag_at(spec, "manualSelector").value_or(false))
    errors.unsupported(at + ".manualSelector", true, {});
  if (!in_cron_job)
    check_selector(spec, at, errors);
  auto pods = k8s_io::find(spec, "template");
  auto pod_spec = pods ? k8s_io::find(*pods, "spec") : nullptr;
  if (pod_spec == nullptr) {
    errors.required(at + ".template.spec.containers");
    return;
  }
  if (auto labels = k8s_io::find(*pods, "metadata", "labels"))
    check_labels(*labels, at + ".template.labels", errors);
  check_pod_spec(*pod_spec, at + ".template.spec", errors);
  auto policy = k8s_io::text_at(*pod_spec, "restartPolicy");
  if (policy == "Always")
    errors.required(at + ".template.spec.restartPolicy",
                    "valid values: \"OnFailure\", \"Never\"");
}

void check_cron_job(const json::value& object, const json::value* before,
                    field_errors& errors) {
  auto name = k8s_io::text_at(object, "metadata", "name");
  // The controller appends eleven characters to make the name of a Job.
  if (before == nullptr && name.size() > 52)
    errors.invalid("metadata.name", json::value(name),
                   "must be no more than 52 characters");
  static const json::value empty = json::object{};
  auto found = k8s_io::find(object, "spec");
  auto& spec = found ? *found : empty;
  check_schedule(spec, before, errors);
  check_zone(spec, errors);
  for (auto field : {"startingDeadlineSeconds", "successfulJobsHistoryLimit",
                     "failedJobsHistoryLimit"})
    not_negative(spec, "spec", field, errors);
  auto policy = k8s_io::text_at(spec, "concurrencyPolicy");
  if (policy != "Allow" && policy != "Forbid" && policy != "Replace")
    errors.unsupported("spec.concurrencyPolicy", json::value(policy),
                       {"Allow", "Forbid", "Replace"});
  auto jobs = k8s_io::find(spec, "jobTemplate", "spec");
  check_job_spec(jobs ? *jobs : empty, "spec.jobTemplate.spec", true, errors);
}

void check_job_update(const json::value& before, const json::value& after,
                      int minor, field_errors& errors) {
  for (auto name :
       {"completions", "selector", "completionMode", "podFailurePolicy",
        "backoffLimitPerIndex", "managedBy", "successPolicy"})
    check_fixed(before, after, name, errors);
  bool suspended = k8s_io::flag_at(before, "spec", "suspend").value_or(false);
  bool started = !k8s_io::text_at(before, "status", "startTime").empty();
  bool flexible = suspended && !started;
  if (fixed_template(before, flexible, minor)
      != fixed_template(after, flexible, minor))
    errors.invalid(suspended && minor >= 36 ? "spec.template.spec"
                                            : "spec.template",
                   at_path(after, {"spec", "template"}), "field is immutable");
}

} // namespace holystone::simulator
