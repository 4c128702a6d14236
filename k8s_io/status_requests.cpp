#include "k8s_io/status_requests.hpp"

#include "k8s_io/names.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

json::object condition(std::string_view type, bool is_true,
                       std::string_view reason, std::string_view message,
                       instant since, std::int64_t generation) {
  return {{"type", type},
          {"status", is_true ? "True" : "False"},
          {"reason", reason},
          {"message", message},
          {"lastTransitionTime", to_rfc3339(since)},
          {"observedGeneration", generation}};
}

json::array conditions(const write_status& what) {
  const auto& status = what.status;
  auto generation = status.observed_generation;
  json::array all{condition(names::ready_condition, status.ready, status.reason,
                            status.message, what.since, generation)};
  for (const auto& one : status.warnings)
    all.push_back(condition(one.type, true, one.reason, one.message, one.since,
                            generation));
  return all;
}

} // namespace

request apply_status(const write_status& what) {
  const auto& status = what.status;
  json::object kopia{{"maintenanceFailures", status.failures},
                     {"maintenanceCronJob", status.cron_job},
                     {"observedGeneration", status.observed_generation}};
  if (status.last_maintenance)
    kopia["lastMaintenance"] = to_rfc3339(*status.last_maintenance);
  if (status.next_maintenance)
    kopia["nextScheduledMaintenance"] = to_rfc3339(*status.next_maintenance);
  auto kind = what.who.kind == claim_kind::replication_source
                  ? resources::replication_sources
                  : resources::kopia_maintenances;
  request apply;
  apply.what = verb::apply;
  apply.kind = kind;
  apply.ns = what.who.object.ns;
  apply.name = what.who.object.name;
  apply.subresource = "status";
  apply.body = json::serialize(json::object{
      {"apiVersion", fmt::format("{}/{}", kind.group, kind.version)},
      {"kind", kind.kind},
      {"metadata",
       {{"name", apply.name},
        {"namespace", apply.ns},
        {"uid", what.uid.value}}},
      {"status", {{"kopia", kopia}, {"conditions", conditions(what)}}}});
  return apply;
}

namespace {

std::pair<resource, object_key> involved(const regarded_object& what) {
  if (const auto* job = std::get_if<object_key>(&what))
    return {resources::jobs, *job};
  const auto& who = std::get<claim_key>(what);
  return {who.kind == claim_kind::replication_source
              ? resources::replication_sources
              : resources::kopia_maintenances,
          who.object};
}

} // namespace

request post_event(const event_note& note, std::string_view reporter,
                   instant now, std::uint64_t serial) {
  auto [kind, object] = involved(note.regarding);
  auto time = to_rfc3339(now);
  request create;
  create.what = verb::create;
  create.kind = resources::events;
  create.ns = object.ns;
  create.name = fmt::format("{}.{:x}{:04x}", object.name.substr(0, 200),
                            now.time_since_epoch().count(), serial % 65536);
  create.body = json::serialize(json::object{
      {"apiVersion", "v1"},
      {"kind", "Event"},
      {"metadata", {{"name", create.name}, {"namespace", create.ns}}},
      {"involvedObject",
       {{"apiVersion", fmt::format("{}/{}", kind.group, kind.version)},
        {"kind", kind.kind},
        {"namespace", object.ns},
        {"name", object.name},
        {"uid", note.uid.value}}},
      {"type", note.warning ? "Warning" : "Normal"},
      {"reason", note.reason},
      {"message", note.message.substr(0, 1024)},
      {"source", {{"component", "holystone"}}},
      {"reportingComponent", "holystone"},
      {"reportingInstance", reporter},
      {"count", 1},
      {"firstTimestamp", time},
      {"lastTimestamp", time}});
  return create;
}

} // namespace holystone::k8s_io
