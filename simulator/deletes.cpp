#include "simulator/crd.hpp"
#include "simulator/managed_fields.hpp"
#include "simulator/object_edit.hpp"
#include "simulator/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

constexpr std::string_view foreground = "foregroundDeletion";
constexpr std::string_view orphan = "orphan";

complaint check_preconditions(const kind_info& kind, const stored& current,
                              const delete_options& options) {
  auto refuse = [&](std::string why) {
    auto out = conflict(kind, current.key.name, why);
    out.message = fmt::format("Operation cannot be fulfilled on {} \"{}\": {}",
                              kind.kind, current.key.name, why);
    out.kind = kind.kind;
    return out;
  };
  auto version = std::to_string(current.version);
  if (!options.uid.empty() && options.uid != current.uid)
    return refuse(fmt::format(
        "the UID in the precondition ({}) does not match the UID in record "
        "({}). The object might have been deleted and then recreated",
        options.uid, current.uid));
  if (!options.version.empty() && options.version != version)
    return refuse(fmt::format(
        "the ResourceVersion in the precondition ({}) does not match the "
        "ResourceVersion in record ({}). The object might have been modified",
        options.version, version));
  return std::nullopt;
}

// Jobs made through batch/v1 orphan their pods by default.
std::string effective_propagation(const kind_info& kind,
                                  const json::value& object,
                                  const std::string& asked) {
  if (!asked.empty())
    return asked;
  if (has_finalizer(object, orphan))
    return "Orphan";
  if (has_finalizer(object, foreground))
    return "Foreground";
  return kind.id() == "jobs.batch" ? "Orphan" : "Background";
}

void set_finalizer(json::value& object, std::string_view name, bool wanted) {
  auto& finalizers = list(object, {"metadata", "finalizers"});
  for (auto it = finalizers.begin(); it != finalizers.end();)
    it = *it == json::value(name) ? finalizers.erase(it) : std::next(it);
  if (wanted)
    finalizers.emplace_back(name);
  if (finalizers.empty())
    drop(object, {"metadata", "finalizers"});
}

// How long the object stays for its kubelet; zero for everything but pods.
std::int64_t grace_of(const kind_info& kind, const json::value& object,
                      const delete_options& options) {
  if (kind.kind != "Pod")
    return 0;
  auto phase = k8s_io::text_at(object, "status", "phase");
  if (k8s_io::text_at(object, "spec", "nodeName").empty()
      || phase == "Succeeded" || phase == "Failed")
    return 0;
  if (options.grace)
    return std::max<std::int64_t>(*options.grace, 0);
  return k8s_io::integer_at(object, "spec", "terminationGracePeriodSeconds")
      .value_or(30);
}

void mark_deleting(const kind_info& kind, json::value& object,
                   std::int64_t grace, instant now) {
  auto old
      = k8s_io::integer_at(object, "metadata", "deletionGracePeriodSeconds");
  if (is_deleting(object) && old.value_or(grace) <= grace)
    return;
  field(object, {"metadata", "deletionTimestamp"})
      = to_rfc3339(now + seconds{grace});
  if (kind.kind != "Namespace")
    field(object, {"metadata", "deletionGracePeriodSeconds"}) = grace;
  if (old || !kind.has_generation)
    return;
  auto generation = k8s_io::integer_at(object, "metadata", "generation");
  field(object, {"metadata", "generation"}) = generation.value_or(0) + 1;
}

void mark_namespace(json::value& object) {
  field(object, {"status", "phase"}) = "Terminating";
}

// What watches of a kind that goes have not yet seen, they still shall see.
void take_leave(server_core& core, const std::string& kind_id) {
  auto& history = core.objects.of(kind_id).history;
  for (auto& [id, watch] : core.watches)
    if (watch.kind.id() == kind_id)
      for (auto& event : history)
        if (event.version > watch.cursor)
          watch.farewell.push_back(event);
}

} // namespace

answer<json::value> read_object(server_core& core, const kind_info& kind,
                                const object_key& key) {
  auto found = core.objects.find(kind.id(), key);
  if (found == nullptr)
    return not_found(kind, key.name);
  return known_part(kind, found->value());
}

answer<delete_options> read_delete_options(const json::value& body) {
  delete_options options;
  if (!body.is_object())
    return options;
  options.uid = k8s_io::text_at(body, "preconditions", "uid");
  options.version = k8s_io::text_at(body, "preconditions", "resourceVersion");
  options.propagation = k8s_io::text_at(body, "propagationPolicy");
  options.grace = k8s_io::integer_at(body, "gracePeriodSeconds");
  options.dry_run = !k8s_io::items_at(body, "dryRun").empty();
  options.orphans = k8s_io::flag_at(body, "orphanDependents");
  auto kind = k8s_io::text_at(body, "kind");
  if (!kind.empty() && kind != "DeleteOptions")
    return bad_request(fmt::format("no kind \"DeleteOptions\" is registered "
                                   "for what was sent: {}",
                                   kind));
  return options;
}

void erase_object(server_core& core, const kind_info& kind,
                  const json::value& last) {
  auto id = kind.id();
  core.objects.erase(id, last);
  if (id == "pods")
    core.logs.erase(key_of(last));
  if (!is_definition(kind))
    return;
  auto group = k8s_io::text_at(last, "spec", "group");
  auto plural = k8s_io::text_at(last, "spec", "names", "plural");
  auto gone = plural + "." + group;
  take_leave(core, gone);
  core.dying_kinds.erase(key_of(last).name);
  core.objects.drop(gone);
  core.kinds.remove(group, plural);
}

answer<deleted> delete_object(server_core& core, const kind_info& kind,
                              const object_key& key,
                              const delete_options& options, instant now) {
  auto current = core.objects.find(kind.id(), key);
  if (current == nullptr)
    return not_found(kind, key.name);
  if (auto refused = check_preconditions(kind, *current, options))
    return *refused;
  auto before = current->value();
  auto after = before;
  auto asked = options.propagation;
  if (options.orphans)
    asked = *options.orphans ? "Orphan" : "Background";
  auto way = effective_propagation(kind, before, asked);
  set_finalizer(after, foreground, way == "Foreground");
  set_finalizer(after, orphan, way == "Orphan");
  if (is_definition(kind) && !is_deleting(before))
    set_finalizer(after, definition_cleanup, true);
  auto grace = grace_of(kind, before, options);
  bool is_namespace = kind.kind == "Namespace";
  bool waits = !k8s_io::items_at(after, "metadata", "finalizers").empty()
               || grace > 0
               || (is_namespace
                   && !k8s_io::items_at(after, "spec", "finalizers").empty());
  if (!waits) {
    if (!options.dry_run)
      erase_object(core, kind, before);
    // Only pods are deleted gracefully, if only in name.
    if (kind.kind == "Pod")
      mark_deleting(kind, before, grace, now);
    return deleted{std::move(before), true};
  }
  mark_deleting(kind, after, grace, now);
  if (is_namespace)
    mark_namespace(after);
  if (is_definition(kind) && !options.dry_run)
    core.dying_kinds.insert(key.name);
  if (after != before && !options.dry_run)
    core.objects.put(kind.id(), after);
  return deleted{std::move(after), false};
}

} // namespace holystone::simulator
