#include "simulator/table_columns.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

// As `kubectl` prints durations: two units at most.
std::string short_duration(seconds span) {
  auto n = span.count();
  if (n < 0)
    n = 0;
  if (n < 120)
    return fmt::format("{}s", n);
  if (n < 600)
    return n % 60 == 0 ? fmt::format("{}m", n / 60)
                       : fmt::format("{}m{}s", n / 60, n % 60);
  if (n < 3 * 3600)
    return fmt::format("{}m", n / 60);
  if (n < 8 * 3600)
    return n % 3600 / 60 == 0 ? fmt::format("{}h", n / 3600)
                              : fmt::format("{}h{}m", n / 3600, n % 3600 / 60);
  if (n < 48 * 3600)
    return fmt::format("{}h", n / 3600);
  if (n < 8 * 86400)
    return n % 86400 / 3600 == 0
               ? fmt::format("{}d", n / 86400)
               : fmt::format("{}d{}h", n / 86400, n % 86400 / 3600);
  return fmt::format("{}d", n / 86400);
}

column text_column(std::string name,
                   std::initializer_list<std::string_view> path,
                   std::string empty = "", int priority = 0) {
  std::vector<std::string> steps(path.begin(), path.end());
  return {std::move(name), "string", "", priority,
          [steps, empty](const json::value& object, instant) -> json::value {
            auto at = &object;
            for (auto& each : steps) {
              at = k8s_io::find(*at, std::string_view{each});
              if (at == nullptr)
                return json::value(empty);
            }
            if (at->is_string())
              return *at;
            return json::value(json::serialize(*at));
          }};
}

column age_column(std::string name,
                  std::initializer_list<std::string_view> path) {
  std::vector<std::string> steps(path.begin(), path.end());
  return {std::move(name), "string", "", 0,
          [steps](const json::value& object, instant now) -> json::value {
            auto at = &object;
            for (auto& each : steps) {
              at = k8s_io::find(*at, std::string_view{each});
              if (at == nullptr)
                return json::value("<none>");
            }
            auto since = at->if_string();
            return json::value(age_of(since ? std::string{*since} : "", now));
          }};
}

column
own_column(std::string name,
           std::function<json::value(const json::value&, instant)> cell) {
  return {std::move(name), "string", "", 0, std::move(cell)};
}

json::value job_completions(const json::value& job, instant) {
  auto done = k8s_io::integer_at(job, "status", "succeeded").value_or(0);
  auto wanted = k8s_io::integer_at(job, "spec", "completions");
  return json::value(fmt::format("{}/{}", done, wanted.value_or(1)));
}

json::value job_duration(const json::value& job, instant now) {
  auto start = parse_rfc3339(text_of(job, {"status", "startTime"}));
  if (!start)
    return json::value("");
  auto end = parse_rfc3339(text_of(job, {"status", "completionTime"}));
  return json::value(short_duration(end.value_or(now) - *start));
}

json::value job_status(const json::value& job, instant) {
  auto has = [&](std::string_view type) {
    for (auto& each : k8s_io::items_at(job, "status", "conditions"))
      if (text_of(each, {"type"}) == type
          && text_of(each, {"status"}) == "True")
        return true;
    return false;
  };
  if (has("Complete"))
    return json::value("Complete");
  if (has("Failed"))
    return json::value("Failed");
  if (!text_of(job, {"metadata", "deletionTimestamp"}).empty())
    return json::value("Terminating");
  if (has("Suspended"))
    return json::value("Suspended");
  if (has("FailureTarget"))
    return json::value("FailureTarget");
  if (has("SuccessCriteriaMet"))
    return json::value("SuccessCriteriaMet");
  return json::value("Running");
}

json::value pod_ready(const json::value& pod, instant) {
  auto& statuses = k8s_io::items_at(pod, "status", "containerStatuses");
  std::size_t ready = 0;
  for (auto& each : statuses)
    ready += k8s_io::flag_at(each, "ready").value_or(false) ? 1 : 0;
  return json::value(fmt::format(
      "{}/{}", ready, k8s_io::items_at(pod, "spec", "containers").size()));
}

json::value pod_status(const json::value& pod, instant) {
  auto shown = text_of(pod, {"status", "phase"});
  if (auto reason = text_of(pod, {"status", "reason"}); !reason.empty())
    shown = reason;
  for (auto& each : k8s_io::items_at(pod, "status", "containerStatuses")) {
    auto waiting = text_of(each, {"state", "waiting", "reason"});
    auto ended = text_of(each, {"state", "terminated", "reason"});
    auto* state = k8s_io::find(each, "state", "terminated");
    if (!waiting.empty())
      shown = waiting;
    else if (!ended.empty())
      shown = ended;
    else if (auto signal = text_of(each, {"state", "terminated", "signal"});
             !signal.empty())
      shown = "Signal:" + signal;
    else if (state != nullptr)
      shown = "ExitCode:" + text_of(*state, {"exitCode"});
  }
  if (!text_of(pod, {"metadata", "deletionTimestamp"}).empty())
    shown = "Terminating";
  return json::value(shown);
}

json::value pod_restarts(const json::value& pod, instant) {
  std::int64_t count = 0;
  for (auto& each : k8s_io::items_at(pod, "status", "containerStatuses"))
    count += k8s_io::integer_at(each, "restartCount").value_or(0);
  return json::value(std::to_string(count));
}

json::value event_object(const json::value& event, instant) {
  auto kind = text_of(event, {"involvedObject", "kind"});
  for (auto& c : kind)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return json::value(kind + "/" + text_of(event, {"involvedObject", "name"}));
}

json::value count_of(const json::value& object, std::string_view field) {
  return k8s_io::members_at(object, field).size();
}

std::vector<column> event_columns() {
  return {age_column("Last Seen", {"lastTimestamp"}),
          text_column("Type", {"type"}), text_column("Reason", {"reason"}),
          own_column("Object", event_object),
          text_column("Message", {"message"})};
}

std::vector<column> cron_job_columns() {
  return {text_column("Schedule", {"spec", "schedule"}),
          text_column("Timezone", {"spec", "timeZone"}, "<none>"),
          own_column(
              "Suspend",
              [](const json::value& each, instant) {
                bool on
                    = k8s_io::flag_at(each, "spec", "suspend").value_or(false);
                return json::value(on ? "True" : "False");
              }),
          own_column("Active",
                     [](const json::value& each, instant) {
                       return json::value(
                           k8s_io::items_at(each, "status", "active").size());
                     }),
          age_column("Last Schedule", {"status", "lastScheduleTime"})};
}

// One field of all containers of a template, as `-o wide` lists them.
json::value of_containers(const json::value& pods, std::string_view field) {
  std::string out;
  for (auto& each : k8s_io::items_at(pods, "spec", "containers"))
    out += (out.empty() ? "" : ",") + text_of(each, {field});
  return json::value(out);
}

std::string selector_text(const json::value& spec) {
  std::string out;
  for (auto& each : k8s_io::members_at(spec, "selector", "matchLabels"))
    out += fmt::format("{}{}={}", out.empty() ? "" : ",",
                       std::string_view{each.key()},
                       std::string_view{each.value().as_string()});
  return out.empty() ? "<none>" : out;
}

// What only `-o wide` shows of a Job, or of those that a CronJob makes.
std::vector<column> wide_job_columns(bool in_cron_job) {
  auto spec_of = [in_cron_job](const json::value& each) {
    static const json::value none = json::object{};
    auto found = in_cron_job ? k8s_io::find(each, "spec", "jobTemplate", "spec")
                             : k8s_io::find(each, "spec");
    return found ? *found : none;
  };
  auto pods_of = [spec_of](const json::value& each) {
    auto spec = spec_of(each);
    auto found = k8s_io::find(spec, "template");
    return found ? *found : json::value(json::object{});
  };
  std::vector<column> out;
  out.push_back(own_column("Containers", [=](const json::value& each, instant) {
    return of_containers(pods_of(each), "name");
  }));
  out.push_back(own_column("Images", [=](const json::value& each, instant) {
    return of_containers(pods_of(each), "image");
  }));
  out.push_back(own_column("Selector", [=](const json::value& each, instant) {
    return json::value(selector_text(spec_of(each)));
  }));
  return out;
}

// The subjects of a RoleBinding that are of one kind.
column subjects_column(std::string name, std::string_view kind) {
  return own_column(std::move(name), [kind](const json::value& each, instant) {
    std::string out;
    for (auto& subject : k8s_io::items_at(each, "subjects"))
      if (text_of(subject, {"kind"}) == kind) {
        auto ns = text_of(subject, {"namespace"});
        out += (out.empty() ? "" : ", ") + (ns.empty() ? "" : ns + "/")
               + text_of(subject, {"name"});
      }
    return json::value(out);
  });
}

json::value access_modes(const json::value& claim, instant) {
  std::string out;
  for (auto& each : k8s_io::items_at(claim, "status", "accessModes")) {
    auto mode = each.if_string() ? std::string{each.as_string()} : "";
    auto shown = mode == "ReadWriteOnce"      ? "RWO"
                 : mode == "ReadOnlyMany"     ? "ROX"
                 : mode == "ReadWriteMany"    ? "RWX"
                 : mode == "ReadWriteOncePod" ? "RWOP"
                                              : "";
    out += (out.empty() ? "" : ",") + std::string{shown};
  }
  return json::value(out);
}

// After the age.
std::vector<column> wide_columns(const kind_info& kind) {
  std::vector<column> out;
  auto id = kind.id();
  if (id == "pods")
    out = {text_column("IP", {"status", "podIP"}, "<none>"),
           text_column("Node", {"spec", "nodeName"}, "<none>"),
           text_column("Nominated Node", {"status", "nominatedNodeName"},
                       "<none>"),
           text_column("Readiness Gates", {"spec", "none"}, "<none>")};
  else if (id == "jobs.batch" || id == "cronjobs.batch")
    out = wide_job_columns(id == "cronjobs.batch");
  else if (kind.kind == "RoleBinding" || kind.kind == "ClusterRoleBinding")
    out = {subjects_column("Users", "User"), subjects_column("Groups", "Group"),
           subjects_column("ServiceAccounts", "ServiceAccount")};
  else if (id == "persistentvolumeclaims")
    out = {text_column("VolumeMode", {"spec", "volumeMode"}, "<unset>")};
  for (auto& each : out)
    each.priority = 1;
  return out;
}

// Between name and age.
std::vector<column> middle_columns(const kind_info& kind) {
  auto id = kind.id();
  if (id == "cronjobs.batch")
    return cron_job_columns();
  if (id == "jobs.batch")
    return {own_column("Status", job_status),
            own_column("Completions", job_completions),
            own_column("Duration", job_duration)};
  if (id == "pods")
    return {own_column("Ready", pod_ready), own_column("Status", pod_status),
            own_column("Restarts", pod_restarts)};
  if (id == "secrets")
    return {text_column("Type", {"type"}),
            own_column("Data", [](const json::value& each, instant) {
              return count_of(each, "data");
            })};
  if (id == "configmaps")
    return {own_column("Data", [](const json::value& each, instant) {
      return count_of(each, "data");
    })};
  if (id == "namespaces")
    return {text_column("Status", {"status", "phase"})};
  if (id == "leases.coordination.k8s.io")
    return {text_column("Holder", {"spec", "holderIdentity"})};
  if (id == "persistentvolumeclaims")
    return {text_column("Status", {"status", "phase"}),
            text_column("Volume", {"spec", "volumeName"}),
            text_column("Capacity", {"status", "capacity", "storage"}),
            own_column("Access Modes", access_modes),
            text_column("StorageClass", {"spec", "storageClassName"}),
            text_column("VolumeAttributesClass",
                        {"spec", "volumeAttributesClassName"}, "<unset>")};
  if (kind.kind == "RoleBinding" || kind.kind == "ClusterRoleBinding")
    return {own_column("Role", [](const json::value& each, instant) {
      return json::value(text_of(each, {"roleRef", "kind"}) + "/"
                         + text_of(each, {"roleRef", "name"}));
    })};
  if (id == "persistentvolumes")
    return {text_column("Status", {"status", "phase"}),
            text_column("StorageClass", {"spec", "storageClassName"})};
  return {};
}

// What comes before the age.
std::vector<column> first_columns(const kind_info& kind) {
  std::vector<column> out;
  out.push_back(text_column("Name", {"metadata", "name"}));
  out.back().format = "name";
  for (auto& each : middle_columns(kind))
    out.push_back(std::move(each));
  return out;
}

} // namespace

std::string text_of(const json::value& object,
                    std::initializer_list<std::string_view> path) {
  auto at = &object;
  for (auto name : path) {
    at = k8s_io::find(*at, name);
    if (at == nullptr)
      return {};
  }
  if (auto found = at->if_string())
    return std::string{*found};
  return at->is_null() ? std::string{} : json::serialize(*at);
}

std::string age_of(const std::string& since, instant now) {
  auto at = parse_rfc3339(since);
  if (!at)
    return since.empty() ? "<none>" : "<invalid>";
  return short_duration(now - *at);
}

std::vector<column> built_in_columns(const kind_info& kind) {
  if (kind.id() == "events")
    return event_columns();
  auto out = first_columns(kind);
  if (kind.kind == "Role" || kind.kind == "ClusterRole") {
    out.push_back(text_column("Created At", {"metadata", "creationTimestamp"}));
    return out;
  }
  out.push_back(age_column("Age", {"metadata", "creationTimestamp"}));
  for (auto& each : wide_columns(kind))
    out.push_back(std::move(each));
  return out;
}

} // namespace holystone::simulator
