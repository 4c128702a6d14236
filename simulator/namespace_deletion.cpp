#include "simulator/namespace_deletion.hpp"

#include "simulator/object_edit.hpp"
#include "simulator/verbs.hpp"

#include <fmt/format.h>

#include <map>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

// What is still in a namespace, by `plural.group` and by finalizer.
struct remains {
  std::map<std::string, std::size_t> kinds;
  std::map<std::string, std::size_t> finalizers;
};

std::vector<stored_ptr> objects_in(server_core& core, const kind_info& kind,
                                   const std::string& ns) {
  std::vector<stored_ptr> out;
  auto& objects = core.objects.of(kind.id()).objects;
  for (auto it = objects.lower_bound({ns, ""});
       it != objects.end() && it->first.ns == ns; ++it)
    out.push_back(it->second);
  return out;
}

void clear(server_core& core, const kind_info& kind, const std::string& ns,
           instant now) {
  for (auto& each : objects_in(core, kind, ns)) {
    if (is_deleting(each->value()))
      continue;
    delete_options options;
    options.propagation = "Background";
    auto done = delete_object(core, kind, each->key, options, now);
    if (!done)
      throw std::logic_error("namespace deletion: " + done.why().message);
  }
}

remains what_remains(server_core& core, const std::vector<kind_info>& kinds,
                     const std::string& ns) {
  remains out;
  for (auto& kind : kinds)
    for (auto& each : objects_in(core, kind, ns)) {
      ++out.kinds[kind.plural + "." + kind.group];
      auto value = each->value();
      for (auto& finalizer : k8s_io::items_at(value, "metadata", "finalizers"))
        ++out.finalizers[std::string{finalizer.as_string()}];
    }
  return out;
}

std::string listed(const std::map<std::string, std::size_t>& what,
                   std::string_view middle) {
  std::string out;
  for (auto& [name, count] : what)
    out += fmt::format("{}{} {} {} resource instances", out.empty() ? "" : ", ",
                       name, middle, count);
  return out;
}

void set(json::value& object, std::string_view type, bool holds,
         std::string_view reason, const std::string& message, instant now) {
  auto status = holds ? "True" : "False";
  auto& conditions = list(object, {"status", "conditions"});
  for (auto& each : conditions)
    if (k8s_io::text_at(each, "type") == type) {
      if (k8s_io::text_at(each, "status") != status)
        field(each, {"lastTransitionTime"}) = to_rfc3339(now);
      field(each, {"status"}) = status;
      field(each, {"reason"}) = reason;
      field(each, {"message"}) = message;
      return;
    }
  conditions.emplace_back(json::object{{"type", type},
                                       {"status", status},
                                       {"lastTransitionTime", to_rfc3339(now)},
                                       {"reason", reason},
                                       {"message", message}});
}

void tell(json::value& object, const remains& left, instant now) {
  set(object, "NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
      "All resources successfully discovered", now);
  set(object, "NamespaceDeletionGroupVersionParsingFailure", false,
      "ParsedGroupVersions", "All legacy kube types successfully parsed", now);
  set(object, "NamespaceDeletionContentFailure", false, "ContentDeleted",
      "All content successfully deleted, may be waiting on finalization", now);
  auto some = !left.kinds.empty();
  set(object, "NamespaceContentRemaining", some,
      some ? "SomeResourcesRemain" : "ContentRemoved",
      some ? "Some resources are remaining: " + listed(left.kinds, "has")
           : "All content successfully removed",
      now);
  auto held = !left.finalizers.empty();
  set(object, "NamespaceFinalizersRemaining", held,
      held ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
      held ? "Some content in the namespace has finalizers remaining: "
                 + listed(left.finalizers, "in")
           : "All content-preserving finalizers finished",
      now);
}

void change(server_core& core, const std::string& name, instant now,
            std::string_view subresource,
            const std::function<void(json::value&)>& edit) {
  write_context how;
  how.manager = "kube-controller-manager";
  how.subresource = subresource;
  how.now = now;
  auto kind = *core.kinds.find("", "v1", "namespaces");
  auto done = change_object(
      core, kind, {"", name},
      [&](const json::value& before) -> answer<json::value> {
        auto after = before;
        edit(after);
        return after;
      },
      change_kind::patch, how);
  if (!done && done.why().code != 404)
    throw std::logic_error("namespace deletion: " + done.why().message);
}

} // namespace

void empty_namespace(server_core& core, const std::string& name, instant now) {
  // Copies, because deleting may change the list of kinds.
  std::vector<kind_info> kinds;
  for (auto& each : core.kinds.all())
    if (each.namespaced)
      kinds.push_back(each);
  auto& pods = *core.kinds.find("", "v1", "pods");
  clear(core, pods, name, now);
  if (objects_in(core, pods, name).empty())
    for (auto& kind : kinds)
      clear(core, kind, name, now);
  auto left = what_remains(core, kinds, name);
  if (left.kinds.empty())
    change(core, name, now, "", [](json::value& object) {
      drop(object, {"spec", "finalizers"});
    });
  else
    change(core, name, now, "status",
           [&](json::value& object) { tell(object, left, now); });
}

} // namespace holystone::simulator
