#include "simulator/collector.hpp"

#include "simulator/namespace_deletion.hpp"
#include "simulator/object_edit.hpp"
#include "simulator/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

// The real server keeps events for an hour.
constexpr seconds event_life{3600};
// How often the real one asks which kinds there are.
constexpr seconds discovery{30};

const kind_info* kind_of(const server_core& core, const std::string& id) {
  for (auto& each : core.kinds.all())
    if (each.id() == id)
      return &each;
  return nullptr;
}

write_context as_collector(instant now) {
  write_context how;
  how.manager = "garbage-collector";
  how.now = now;
  return how;
}

void change(server_core& core, const object_place& place, instant now,
            const std::function<void(json::value&)>& edit) {
  auto kind = kind_of(core, place.kind_id);
  if (kind == nullptr)
    return;
  auto copy = *kind;
  auto how = as_collector(now);
  auto done = change_object(
      core, copy, place.key,
      [&](const json::value& before) -> answer<json::value> {
        auto after = before;
        edit(after);
        return after;
      },
      change_kind::patch, how);
  if (!done && done.why().code != 404)
    throw std::logic_error("garbage collection: " + done.why().message);
}

void remove_finalizer(server_core& core, const object_place& place,
                      std::string_view name, instant now) {
  change(core, place, now, [&](json::value& object) {
    auto& all = list(object, {"metadata", "finalizers"});
    for (auto it = all.begin(); it != all.end();)
      it = *it == json::value(name) ? all.erase(it) : std::next(it);
  });
}

enum class owner_state { present, absent, waiting, unknown };

// An owner counts only in the dependent's namespace or cluster-wide.
// When nobody can say where it would be, the dependent stays and is looked at
// again: its owner's kind may be served later.
owner_state state_of(server_core& core, const json::value& reference,
                     const object_key& dependent) {
  auto above = core.kinds.find_kind(k8s_io::text_at(reference, "apiVersion"),
                                    k8s_io::text_at(reference, "kind"));
  if (above == nullptr)
    return owner_state::unknown;
  if (above->namespaced && dependent.ns.empty())
    return owner_state::present;
  auto uid = k8s_io::text_at(reference, "uid");
  auto place = core.objects.place_of(uid);
  if (place == nullptr)
    return owner_state::absent;
  auto kind = kind_of(core, place->kind_id);
  bool same = kind != nullptr
              && kind->kind == k8s_io::text_at(reference, "kind")
              && place->key.name == k8s_io::text_at(reference, "name")
              && (place->key.ns.empty() || place->key.ns == dependent.ns);
  if (!same)
    return owner_state::absent;
  auto owner = core.objects.find(place->kind_id, place->key)->value();
  bool waits = is_deleting(owner) && has_finalizer(owner, "foregroundDeletion");
  return waits ? owner_state::waiting : owner_state::present;
}

void drop_references(server_core& core, const object_place& place,
                     const std::vector<std::string>& uids, instant now) {
  change(core, place, now, [&](json::value& object) {
    auto& owners = list(object, {"metadata", "ownerReferences"});
    for (auto it = owners.begin(); it != owners.end();) {
      auto uid = k8s_io::text_at(*it, "uid");
      bool gone = std::find(uids.begin(), uids.end(), uid) != uids.end();
      it = gone ? owners.erase(it) : std::next(it);
    }
  });
}

void remove_dependent(server_core& core, const object_place& place,
                      const json::value& object, bool foreground, instant now) {
  delete_options options;
  options.uid = uid_of(object);
  options.propagation = foreground ? "Foreground" : "Background";
  if (has_finalizer(object, "orphan"))
    options.propagation = "Orphan";
  else if (has_finalizer(object, "foregroundDeletion"))
    options.propagation = "Foreground";
  auto copy = *kind_of(core, place.kind_id);
  auto done = delete_object(core, copy, place.key, options, now);
  if (!done && done.why().code != 404)
    throw std::logic_error("garbage collection: " + done.why().message);
}

// An owner that lives, but in another namespace, is worth an Event.
void tell_of_foreign_owner(server_core& core, const object_place& place,
                           const json::value& object,
                           const json::value& reference,
                           const tell_event& tell) {
  auto uid = k8s_io::text_at(reference, "uid");
  auto name = k8s_io::text_at(reference, "name");
  auto there = core.objects.place_of(uid);
  if (there == nullptr || there->key.name != name || there->key.ns.empty()
      || there->key.ns == place.key.ns)
    return;
  tell(object, "OwnerRefInvalidNamespace",
       fmt::format("ownerRef [{}/{}, namespace: {}, name: {}, uid: {}] does "
                   "not exist in namespace \"{}\"",
                   k8s_io::text_at(reference, "apiVersion"),
                   k8s_io::text_at(reference, "kind"), place.key.ns, name, uid,
                   place.key.ns));
}

void check_owners(server_core& core, const object_place& place,
                  const json::value& object, instant now,
                  const tell_event& tell) {
  auto& owners = k8s_io::items_at(object, "metadata", "ownerReferences");
  if (owners.empty() || is_deleting(object))
    return;
  bool present = false;
  bool waiting = false;
  bool unknown = false;
  std::vector<std::string> gone;
  for (auto& each : owners) {
    auto state = state_of(core, each, place.key);
    tell_of_foreign_owner(core, place, object, each, tell);
    present = present || state == owner_state::present;
    waiting = waiting || state == owner_state::waiting;
    unknown = unknown || state == owner_state::unknown;
    if (state == owner_state::absent || state == owner_state::waiting)
      gone.push_back(k8s_io::text_at(each, "uid"));
  }
  if (unknown)
    core.objects.touch(place);
  if (present || unknown) {
    if (present && !gone.empty())
      drop_references(core, place, gone, now);
    return;
  }
  bool parent = waiting && !core.objects.owned_by(uid_of(object)).empty();
  remove_dependent(core, place, object, parent, now);
}

bool blocks(const server_core& core, const object_place& place,
            const std::string& owner_uid) {
  auto object = core.objects.find(place.kind_id, place.key);
  if (object == nullptr)
    return false;
  auto value = object->value();
  for (auto& each : k8s_io::items_at(value, "metadata", "ownerReferences"))
    if (k8s_io::text_at(each, "uid") == owner_uid)
      return k8s_io::flag_at(each, "blockOwnerDeletion").value_or(false);
  return false;
}

void continue_deletion(server_core& core, const object_place& place,
                       const json::value& object, instant now,
                       const tell_event& tell) {
  if (!is_deleting(object))
    return;
  auto uid = uid_of(object);
  auto dependents = core.objects.owned_by(uid);
  if (has_finalizer(object, "orphan")) {
    for (auto& each : dependents)
      drop_references(core, each, {uid}, now);
    remove_finalizer(core, place, "orphan", now);
    return;
  }
  if (!has_finalizer(object, "foregroundDeletion"))
    return;
  bool blocked = false;
  for (auto& each : dependents) {
    if (auto found = core.objects.find(each.kind_id, each.key))
      check_owners(core, each, found->value(), now, tell);
    blocked = blocked || blocks(core, each, uid);
  }
  if (!blocked)
    remove_finalizer(core, place, "foregroundDeletion", now);
}

// The objects of a kind that goes are deleted first.
void empty_kind(server_core& core, const std::string& name, instant now) {
  object_place place{"customresourcedefinitions.apiextensions.k8s.io",
                     {"", name}};
  auto kind = kind_of(core, name);
  if (core.objects.find(place.kind_id, place.key) == nullptr || !kind)
    return;
  auto copy = *kind;
  auto objects = core.objects.of(name).objects;
  for (auto& [key, object] : objects) {
    if (is_deleting(object->value()))
      continue;
    delete_options options;
    options.propagation = "Background";
    auto done = delete_object(core, copy, key, options, now);
    if (!done)
      throw std::logic_error("kind deletion: " + done.why().message);
  }
  if (core.objects.of(name).objects.empty())
    remove_finalizer(core, place, definition_cleanup, now);
}

std::optional<instant> expire_events(server_core& core, instant now) {
  auto kind = core.kinds.find("", "v1", "events");
  while (!core.expiring.empty()
         && core.expiring.front().first + event_life <= now) {
    auto [since, event] = core.expiring.front();
    core.expiring.pop_front();
    auto current = core.objects.find("events", event->key);
    if (current == nullptr || current->uid != event->uid)
      continue;
    if (current->version == event->version)
      erase_object(core, *kind, current->value());
    else
      // Updated since: it lives for another hour.
      core.expiring.emplace_back(now, current);
  }
  if (core.expiring.empty())
    return std::nullopt;
  return core.expiring.front().first + event_life;
}

} // namespace

std::optional<instant> collect_garbage(server_core& core, instant now,
                                       const tell_event& tell) {
  core.latest = now;
  std::set<std::string> namespaces;
  for (auto& place : core.objects.take_touched()) {
    if (!place.key.ns.empty())
      namespaces.insert(place.key.ns);
    if (place.kind_id == "namespaces")
      namespaces.insert(place.key.name);
    auto found = core.objects.find(place.kind_id, place.key);
    if (found == nullptr) {
      continue;
    }
    auto object = found->value();
    if (is_deleting(object))
      continue_deletion(core, place, object, now, tell);
    else
      check_owners(core, place, object, now, tell);
    for (auto& owner : found->owners)
      if (auto above = core.objects.place_of(owner)) {
        auto value = core.objects.find(above->kind_id, above->key)->value();
        continue_deletion(core, object_place{*above}, value, now, tell);
      }
  }
  for (auto& name : namespaces) {
    auto found = core.objects.find("namespaces", {"", name});
    if (found != nullptr && is_deleting(found->value()))
      empty_namespace(core, name, now);
  }
  auto dying = core.dying_kinds;
  for (auto& name : dying)
    empty_kind(core, name, now);
  auto next = expire_events(core, now);
  if (!core.objects.has_touched())
    return next;
  return std::min(next.value_or(instant::max()), now + discovery);
}

} // namespace holystone::simulator
