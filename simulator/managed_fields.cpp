#include "simulator/managed_fields.hpp"

#include "simulator/crd.hpp"
#include "simulator/object_edit.hpp"
#include "simulator/server_core.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

// Ownership of these is never tracked.
constexpr std::string_view untracked[] = {"name",
                                          "namespace",
                                          "creationTimestamp",
                                          "selfLink",
                                          "uid",
                                          "generation",
                                          "managedFields",
                                          "resourceVersion",
                                          "deletionTimestamp",
                                          "deletionGracePeriodSeconds",
                                          "generateName"};

void strip(field_set& set) {
  set.children.erase("f:apiVersion");
  set.children.erase("f:kind");
  if (auto found = set.children.find("f:metadata");
      found != set.children.end()) {
    auto& metadata = found->second;
    metadata.member = false;
    for (auto name : untracked)
      if (name != "generateName" && name != "deletionTimestamp"
          && name != "deletionGracePeriodSeconds")
        metadata.children.erase("f:" + std::string{name});
    if (metadata.empty())
      set.children.erase(found);
  }
}

json::value without_bookkeeping(const json::value& object) {
  auto out = object;
  if (auto metadata
      = out.is_object() ? out.as_object().if_contains("metadata") : nullptr;
      metadata && metadata->is_object())
    for (auto name : untracked)
      metadata->as_object().erase(name);
  return out;
}

// Structs that the real server's Go types always hold, so that they are never
// "added" and get no "." of their own.
void add_skeleton(const kind_info& kind, json::value& object) {
  auto ensure = [&](json::value& at, std::string_view name) -> json::value& {
    auto& slot
        = at.is_object() ? at.as_object()[name] : at.emplace_object()[name];
    if (slot.is_null())
      slot.emplace_object();
    return slot;
  };
  ensure(object, "metadata");
  if (kind.custom != nullptr)
    return;
  if (kind.has_status)
    ensure(object, "status");
  auto pod = [&](json::value& spec) {
    if (!spec.as_object().contains("containers"))
      spec.as_object()["containers"] = nullptr;
  };
  auto job = [&](json::value& spec) {
    auto& pods = ensure(spec, "template");
    ensure(pods, "metadata");
    pod(ensure(pods, "spec"));
  };
  if (kind.kind == "Pod")
    pod(ensure(object, "spec"));
  if (kind.kind == "Job")
    job(ensure(object, "spec"));
  if (kind.kind == "CronJob") {
    auto& jobs = ensure(ensure(object, "spec"), "jobTemplate");
    ensure(jobs, "metadata");
    job(ensure(jobs, "spec"));
  }
  if (kind.kind == "Lease" || kind.kind == "Namespace" || kind.kind == "Node"
      || kind.kind.starts_with("PersistentVolume"))
    ensure(object, "spec");
}

field_changes changes_between(const kind_info& kind, const json::value& before,
                              const json::value& after) {
  auto old = without_bookkeeping(before);
  auto now = without_bookkeeping(after);
  add_skeleton(kind, old);
  add_skeleton(kind, now);
  auto changes = compare_fields(old, now, schema_of(kind));
  for (auto set : {&changes.added, &changes.removed, &changes.modified})
    strip(*set);
  return changes;
}

manager_entry& entry_for(std::vector<manager_entry>& managers,
                         const kind_info& kind, const write_context& how) {
  for (auto& each : managers)
    if (each.is_of(how, kind.api_version()))
      return each;
  auto& fresh = managers.emplace_back();
  fresh.manager = how.manager;
  fresh.operation = how.operation;
  fresh.subresource = how.subresource;
  fresh.api_version = kind.api_version();
  return fresh;
}

// What the client sent as managedFields counts when it can be read.
std::vector<manager_entry> starting_entries(const json::value& before,
                                            const json::value& after,
                                            const write_context& how) {
  bool subresource = !how.subresource.empty();
  std::vector<manager_entry> managers;
  auto& sent = k8s_io::items_at(after, "metadata", "managedFields");
  bool reset = how.clears_managers
               || (sent.size() == 1 && sent[0].is_object()
                   && k8s_io::text_at(sent[0], "manager").empty()
                   && k8s_io::text_at(sent[0], "operation").empty());
  if (reset && !subresource)
    return {};
  if (subresource || sent.empty() || !read_managers(after, managers)) {
    managers.clear();
    read_managers(before, managers);
  }
  return managers;
}

void drop_empty(std::vector<manager_entry>& managers) {
  std::erase_if(managers, [](auto& each) { return each.fields.empty(); });
}

api_error conflicts_error(const std::vector<error_cause>& causes) {
  api_error why;
  why.code = 409;
  why.reason = "Conflict";
  why.causes = causes;
  std::string list;
  std::string last;
  for (auto& each : causes) {
    auto head = each.message.substr(std::string_view{"conflict "}.size());
    if (causes.size() == 1) {
      list = fmt::format("conflict {}: {}", head, each.field);
    } else {
      if (head != last)
        list += fmt::format("{}conflicts {}:", last.empty() ? "" : "\n", head);
      list += fmt::format("\n- {}", each.field);
    }
    last = head;
  }
  why.message = fmt::format("Apply failed with {} conflict{}: {}",
                            causes.size(), causes.size() == 1 ? "" : "s", list);
  return why;
}

std::vector<error_cause>
find_conflicts(const std::vector<manager_entry>& managers,
               const manager_entry& self, const field_set& changed) {
  std::vector<error_cause> causes;
  for (auto& each : managers) {
    if (&each == &self)
      continue;
    auto text = fmt::format("conflict with \"{}\"", each.manager);
    if (!each.subresource.empty())
      text += fmt::format(" with subresource \"{}\"", each.subresource);
    if (each.operation == "Update")
      text += fmt::format(" using {}", each.api_version);
    for (auto& path : describe_paths(each.fields.intersect(changed)))
      causes.push_back({"FieldManagerConflict", text, path});
  }
  return causes;
}

// Fields that this manager applied before and left out now go, unless
// somebody else owns them too.
void remove_abandoned(json::value& object, const field_set& last,
                      const field_set& now,
                      const std::vector<manager_entry>& managers,
                      const manager_entry& self, const schema_node* schema) {
  auto gone = last;
  gone.subtract(now);
  if (gone.empty())
    return;
  auto kept = now;
  for (auto& each : managers)
    if (&each != &self)
      kept.unite(each.fields);
  remove_fields(object, gone, kept, schema);
}

// What was there before anybody applied, and is managed by nobody, belongs to
// an entry of its own.
void note_unmanaged(const kind_info& kind, const json::value& before,
                    std::vector<manager_entry>& managers) {
  if (before.is_null() || !managers.empty())
    return;
  manager_entry first;
  first.manager = "before-first-apply";
  first.operation = "Update";
  first.api_version = kind.api_version();
  first.fields = fields_of(without_bookkeeping(before), schema_of(kind));
  strip(first.fields);
  first.time = k8s_io::text_at(before, "metadata", "creationTimestamp");
  managers.push_back(std::move(first));
}

} // namespace

const schema_node* schema_of(const kind_info& kind) {
  if (kind.custom != nullptr)
    return kind.custom->schema;
  return built_in_schema(kind.kind);
}

bool manager_entry::is_of(const write_context& how,
                          std::string_view version) const {
  return manager == how.manager && operation == how.operation
         && subresource == how.subresource
         && (operation == "Apply" || api_version == version);
}

bool read_managers(const json::value& object, std::vector<manager_entry>& out) {
  for (auto& each : k8s_io::items_at(object, "metadata", "managedFields")) {
    manager_entry entry;
    entry.manager = k8s_io::text_at(each, "manager");
    entry.operation = k8s_io::text_at(each, "operation");
    entry.api_version = k8s_io::text_at(each, "apiVersion");
    entry.subresource = k8s_io::text_at(each, "subresource");
    entry.time = k8s_io::text_at(each, "time");
    auto fields = k8s_io::find(each, "fieldsV1");
    bool known = entry.operation == "Update" || entry.operation == "Apply";
    if (!known || (fields != nullptr && !read_field_set(*fields, entry.fields)))
      return false;
    out.push_back(std::move(entry));
  }
  return true;
}

void write_managers(std::vector<manager_entry> managers, json::value& object) {
  drop_empty(managers);
  std::stable_sort(managers.begin(), managers.end(), [](auto& a, auto& b) {
    return std::tie(a.operation, a.time, a.manager)
           < std::tie(b.operation, b.time, b.manager);
  });
  json::array out;
  for (auto& each : managers) {
    json::object entry{{"manager", each.manager},
                       {"operation", each.operation},
                       {"apiVersion", each.api_version},
                       {"fieldsType", "FieldsV1"},
                       {"fieldsV1", write_field_set(each.fields)}};
    if (!each.time.empty())
      entry["time"] = each.time;
    if (!each.subresource.empty())
      entry["subresource"] = each.subresource;
    out.emplace_back(std::move(entry));
  }
  if (out.empty())
    drop(object, {"metadata", "managedFields"});
  else
    field(object, {"metadata", "managedFields"}) = std::move(out);
}

void track_update(const kind_info& kind, const json::value& before,
                  json::value& after, const write_context& how) {
  auto managers = starting_entries(before, after, how);
  // What nobody manages stays so until somebody applies.
  bool is_new = before.is_object() && before.as_object().empty();
  if (!is_new && managers.empty() && how.subresource.empty()) {
    write_managers({}, after);
    return;
  }
  auto changes = changes_between(kind, before, after);
  auto taken = changes.added;
  taken.unite(changes.modified);
  auto& self = entry_for(managers, kind, how);
  for (auto& each : managers) {
    each.fields.subtract(changes.removed);
    if (&each != &self)
      each.fields.subtract(taken);
  }
  if (!taken.empty()) {
    self.fields.unite(taken);
    self.time = to_rfc3339(how.now);
  }
  write_managers(std::move(managers), after);
}

answer<json::value> apply_fields(const kind_info& kind,
                                 const json::value& before,
                                 const json::value& wanted,
                                 const write_context& how) {
  auto schema = schema_of(kind);
  std::vector<manager_entry> managers;
  read_managers(before, managers);
  note_unmanaged(kind, before, managers);
  auto& self = entry_for(managers, kind, how);
  auto last = self.fields;
  self.api_version = kind.api_version();
  self.fields = fields_of(wanted, schema);
  strip(self.fields);
  json::value after = before.is_null() ? json::value(json::object{}) : before;
  merge_fields(after, wanted, schema);
  remove_abandoned(after, last, self.fields, managers, self, schema);
  auto changes = changes_between(kind, before, after);
  auto changed = changes.added;
  changed.unite(changes.modified);
  auto causes = find_conflicts(managers, self, changed);
  if (!causes.empty() && !how.force)
    return conflicts_error(causes);
  for (auto& each : managers)
    if (&each != &self) {
      each.fields.subtract(changed);
      each.fields.subtract(changes.removed);
    }
  auto bare = [](json::value object) {
    drop(object, {"metadata", "managedFields"});
    return object;
  };
  // Who only comes to share what others say gets no time.
  if (bare(before) != bare(after))
    self.time = to_rfc3339(how.now);
  write_managers(std::move(managers), after);
  return after;
}

} // namespace holystone::simulator
