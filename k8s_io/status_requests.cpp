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

json::array conditions(const write_status& what, std::string_view ready_type) {
  const auto& status = what.status;
  auto generation = status.observed_generation;
  json::array all{condition(ready_type, status.ready, status.reason,
                            status.message, what.since, generation)};
  for (const auto& one : status.conditions)
    all.push_back(condition(one.type, one.is_true, one.reason, one.message,
                            one.since, generation));
  return all;
}

void add(json::object& to, const char* name, const std::string& text) {
  if (!text.empty())
    to[name] = text;
}

void add(json::object& to, const char* name, const std::optional<instant>& at) {
  if (at)
    to[name] = to_rfc3339(*at);
}

json::object source_status(const write_status& what) {
  const auto& status = what.status;
  json::object kopia{{"maintenanceFailures", status.failures},
                     {"maintenanceCronJob", status.cron_job},
                     {"observedGeneration", status.observed_generation}};
  if (status.last_maintenance)
    kopia["lastMaintenance"] = to_rfc3339(*status.last_maintenance);
  if (status.next_maintenance)
    kopia["nextScheduledMaintenance"] = to_rfc3339(*status.next_maintenance);
  if (!status.kopia_maintenance.empty())
    kopia["kopiaMaintenance"] = status.kopia_maintenance;
  return {{"kopia", std::move(kopia)},
          {"conditions", conditions(what, names::source_condition)}};
}

json::object to_json(const manual_result& last) {
  return {{"tag", last.tag},
          {"result", last.succeeded ? names::successful : names::failed},
          {"reason", last.reason},
          {"finishedAt", to_rfc3339(last.finished)}};
}

json::object maintenance_status(const write_status& what) {
  const auto& status = what.status;
  const auto& own
      = status.standalone ? *status.standalone : standalone_status{};
  json::object all{{"activeCronJob", status.cron_job},
                   {"observedGeneration", status.observed_generation},
                   {"maintenanceFailures", status.failures}};
  add(all, "schedule", own.schedule);
  add(all, "lastReconcileTime", own.last_reconcile);
  add(all, "lastMaintenanceTime", status.last_maintenance);
  add(all, "nextScheduledMaintenance", status.next_maintenance);
  add(all, "lastManualSync", own.last_manual_sync);
  if (own.last_manual_result)
    all["lastManualResult"] = to_json(*own.last_manual_result);
  all["conditions"] = conditions(what, names::standalone_condition);
  return all;
}

request status_request(const write_status& what, const resource& kind,
                       json::object status) {
  request write;
  write.kind = kind;
  write.ns = what.who.object.ns;
  write.name = what.who.object.name;
  write.subresource = "status";
  write.body = json::serialize(json::object{
      {"apiVersion", fmt::format("{}/{}", kind.group, kind.version)},
      {"kind", kind.kind},
      {"metadata",
       {{"name", write.name},
        {"namespace", write.ns},
        {"uid", what.uid.value}}},
      {"status", std::move(status)}});
  return write;
}

/// A patch of a KopiaMaintenance, of this one and none that was made anew under
/// its name: the server ignores a UID in a patch of a status, but never a test.
request patch_of(const claim_key& who, const object_uid& uid,
                 json::array steps) {
  steps.insert(steps.begin(), json::object{{"op", "test"},
                                           {"path", "/metadata/uid"},
                                           {"value", uid.value}});
  request patch;
  patch.what = verb::json_patch;
  patch.kind = resources::kopia_maintenances;
  patch.ns = who.object.ns;
  patch.name = who.object.name;
  patch.body = json::serialize(steps);
  return patch;
}

} // namespace

request tell_status(const write_status& what) {
  // A source's status is upstream's too; that of a KopiaMaintenance is ours
  // alone, and what the fork left there goes.
  if (what.who.kind == claim_kind::replication_source) {
    auto write = status_request(what, resources::replication_sources,
                                source_status(what));
    write.what = verb::apply;
    return write;
  }
  auto write = patch_of(what.who, what.uid,
                        {json::object{{"op", "add"},
                                      {"path", "/status"},
                                      {"value", maintenance_status(what)}}});
  write.subresource = "status";
  return write;
}

request let_go(const remove_finalizer& what) {
  auto place = fmt::format("/metadata/finalizers/{}", what.at);
  return patch_of(what.who, what.uid,
                  {json::object{{"op", "test"},
                                {"path", place},
                                {"value", names::old_finalizer}},
                   json::object{{"op", "remove"}, {"path", place}}});
}

request settle(const settle_reset& what) {
  // In a JSON pointer a slash is spelt ~1.
  std::string key{names::reset_failures};
  auto place = "/metadata/annotations/" + key.replace(key.find('/'), 1, "~1");
  return patch_of(
      what.who, what.uid,
      {json::object{{"op", "test"}, {"path", place}, {"value", "true"}},
       json::object{{"op", "remove"}, {"path", place}}});
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
