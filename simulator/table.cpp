#include "simulator/crd.hpp"
#include "simulator/reads.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <functional>

// Tables for `kubectl get`: the columns of the real server for the kinds that
// people look at here, those of the definition for custom kinds.

namespace holystone::simulator {

namespace json = boost::json;

namespace {

struct column {
  std::string name;
  std::string type;
  std::string format;
  int priority = 0;
  std::function<json::value(const json::value&, instant)> cell;
};

std::string text(const json::value& object,
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

std::string age_of(const std::string& since, instant now) {
  auto at = parse_rfc3339(since);
  if (!at)
    return since.empty() ? "<none>" : "<invalid>";
  return short_duration(now - *at);
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
  auto start = parse_rfc3339(text(job, {"status", "startTime"}));
  if (!start)
    return json::value("");
  auto end = parse_rfc3339(text(job, {"status", "completionTime"}));
  return json::value(short_duration(end.value_or(now) - *start));
}

json::value job_status(const json::value& job, instant) {
  auto has = [&](std::string_view type) {
    for (auto& each : k8s_io::items_at(job, "status", "conditions"))
      if (text(each, {"type"}) == type && text(each, {"status"}) == "True")
        return true;
    return false;
  };
  if (has("Complete"))
    return json::value("Complete");
  if (has("Failed"))
    return json::value("Failed");
  if (!text(job, {"metadata", "deletionTimestamp"}).empty())
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
  auto shown = text(pod, {"status", "phase"});
  if (auto reason = text(pod, {"status", "reason"}); !reason.empty())
    shown = reason;
  for (auto& each : k8s_io::items_at(pod, "status", "containerStatuses")) {
    auto waiting = text(each, {"state", "waiting", "reason"});
    auto ended = text(each, {"state", "terminated", "reason"});
    if (!waiting.empty())
      shown = waiting;
    else if (!ended.empty())
      shown = ended;
  }
  if (!text(pod, {"metadata", "deletionTimestamp"}).empty())
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
  auto kind = text(event, {"involvedObject", "kind"});
  for (auto& c : kind)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return json::value(kind + "/" + text(event, {"involvedObject", "name"}));
}

json::value count_of(const json::value& object, std::string_view field) {
  return json::value(std::to_string(k8s_io::members_at(object, field).size()));
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
                       return json::value(std::to_string(
                           k8s_io::items_at(each, "status", "active").size()));
                     }),
          age_column("Last Schedule", {"status", "lastScheduleTime"})};
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
            text_column("StorageClass", {"spec", "storageClassName"})};
  if (id == "persistentvolumes")
    return {text_column("Status", {"status", "phase"}),
            text_column("StorageClass", {"spec", "storageClassName"})};
  return {};
}

// Follows `.a.b[?(@.type=="X")].c`, which is what definitions use.
const json::value* follow(const json::value& object, std::string_view path) {
  auto at = &object;
  while (!path.empty() && at != nullptr) {
    if (path.front() == '.') {
      auto end = path.find_first_of(".[", 1);
      auto name = path.substr(
          1, end == std::string_view::npos ? std::string_view::npos : end - 1);
      at = k8s_io::find(*at, name);
      path.remove_prefix(1 + name.size());
      continue;
    }
    auto end = path.find(']');
    auto equals = path.find("==");
    if (end == std::string_view::npos || equals == std::string_view::npos
        || !path.starts_with("[?(@."))
      return nullptr;
    auto field = path.substr(5, equals - 5);
    auto open = path.find_first_of("\"'");
    auto close = path.find_first_of("\"'", open + 1);
    auto wanted = path.substr(open + 1, close - open - 1);
    const json::value* found = nullptr;
    if (auto items = at->if_array())
      for (auto& each : *items)
        if (found == nullptr && text(each, {field}) == wanted)
          found = &each;
    at = found;
    path.remove_prefix(end + 1);
  }
  return at;
}

std::vector<column> custom_columns(const custom_kind& custom) {
  std::vector<column> out;
  for (auto& each : custom.columns)
    out.push_back(
        {each.name, each.type, each.format, each.priority,
         [path = each.path, type = each.type](const json::value& object,
                                              instant now) -> json::value {
           auto found = follow(object, path);
           if (found == nullptr)
             return nullptr;
           if (type == "date" && found->is_string())
             return json::value(age_of(std::string{found->as_string()}, now));
           return *found;
         }});
  return out;
}

std::vector<column> columns_of(const kind_info& kind) {
  if (kind.id() == "events")
    return event_columns();
  std::vector<column> out;
  out.push_back(text_column("Name", {"metadata", "name"}));
  out.back().format = "name";
  auto middle
      = kind.custom ? custom_columns(*kind.custom) : middle_columns(kind);
  bool has_age = kind.custom && !kind.custom->columns.empty();
  for (auto& each : middle)
    out.push_back(std::move(each));
  if (!has_age)
    out.push_back(age_column("Age", {"metadata", "creationTimestamp"}));
  return out;
}

} // namespace

json::object table_of(const kind_info& kind,
                      const std::vector<json::value>& objects, bool columns,
                      instant now) {
  auto all = columns_of(kind);
  json::array definitions;
  for (auto& each : all)
    definitions.emplace_back(json::object{{"name", each.name},
                                          {"type", each.type},
                                          {"format", each.format},
                                          {"description", ""},
                                          {"priority", each.priority}});
  json::array rows;
  for (auto& object : objects) {
    json::array cells;
    for (auto& each : all)
      cells.push_back(each.cell(object, now));
    rows.emplace_back(json::object{{"cells", std::move(cells)},
                                   {"object", metadata_of(object)}});
  }
  json::object metadata;
  if (objects.size() == 1)
    metadata["resourceVersion"]
        = text(objects.front(), {"metadata", "resourceVersion"});
  return {
      {"kind", "Table"},
      {"apiVersion", "meta.k8s.io/v1"},
      {"metadata", std::move(metadata)},
      {"columnDefinitions", columns ? std::move(definitions) : json::array{}},
      {"rows", std::move(rows)}};
}

} // namespace holystone::simulator
