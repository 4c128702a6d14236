#include "simulator/store.hpp"

#include "simulator/object_edit.hpp"
#include "simulator/server_core.hpp"
#include "simulator/target.hpp"
#include "simulator/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

outcome failed(const api_error& why) {
  return {why.code, to_status(why)};
}

const kind_info& known(server_core& core, const k8s_io::resource& kind) {
  auto found = core.kinds.find(kind);
  if (found == nullptr)
    throw std::logic_error(
        fmt::format("the simulator serves no {}.{}", kind.plural, kind.group));
  return *found;
}

// FNV-1a; equal events of one object get one name and so one object.
std::uint64_t fingerprint(std::initializer_list<std::string> parts) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (auto& part : parts) {
    for (auto c : part)
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    hash *= 0x100000001b3U;
  }
  return hash;
}

template <class T>
outcome to_outcome(answer<T> from, int status) {
  if (!from)
    return failed(from.why());
  return {status, std::move(*from)};
}

} // namespace

std::string_view outcome::reason() const {
  auto text = *this ? nullptr : k8s_io::find(object, "reason");
  if (text == nullptr || !text->is_string())
    return {};
  return text->as_string();
}

std::string_view outcome::message() const {
  auto text = *this ? nullptr : k8s_io::find(object, "message");
  if (text == nullptr || !text->is_string())
    return {};
  return text->as_string();
}

store::store(api_server& server, std::string manager, instant now,
             std::string component)
    : server_(server), manager_(std::move(manager)), now_(now),
      component_(component.empty() ? manager_ : std::move(component)) {
  // nop
}

outcome store::get(const k8s_io::resource& kind, const object_key& key) const {
  auto& core = server_.core();
  auto info = core.kinds.find(kind);
  if (info == nullptr)
    return failed(no_such_path());
  return to_outcome(read_object(core, *info, key), 200);
}

std::vector<json::value> store::list(const k8s_io::resource& kind,
                                     std::string_view ns,
                                     std::string_view label_selector) const {
  auto& core = server_.core();
  std::vector<json::value> out;
  auto info = core.kinds.find(kind);
  if (info == nullptr)
    return out;
  auto selected = selection::parse(*info, label_selector, "");
  if (!selected)
    throw std::logic_error(selected.why().message);
  auto& objects = core.objects.of(info->id()).objects;
  auto it = ns.empty() ? objects.begin()
                       : objects.lower_bound({std::string{ns}, ""});
  for (; it != objects.end() && (ns.empty() || it->first.ns == ns); ++it) {
    auto value = it->second->value();
    if (selected->admits(value))
      out.push_back(std::move(value));
  }
  return out;
}

std::vector<json::value> store::owned_by(const k8s_io::resource& kind,
                                         std::string_view owner_uid) const {
  auto& core = server_.core();
  std::vector<json::value> out;
  auto info = core.kinds.find(kind);
  if (info == nullptr)
    return out;
  auto id = info->id();
  for (auto& place : core.objects.owned_by(owner_uid))
    if (place.kind_id == id)
      if (auto found = core.objects.find(id, place.key))
        out.push_back(found->value());
  return out;
}

write_context store::begin_write() {
  server_.core().latest = now_;
  write_context how;
  how.manager = manager_;
  how.now = now_;
  return how;
}

outcome store::create(const k8s_io::resource& kind, const json::value& object) {
  auto& core = server_.core();
  auto how = begin_write();
  auto info = known(core, kind);
  return to_outcome(
      create_object(core, info,
                    k8s_io::text_at(object, "metadata", "namespace"), object,
                    how),
      201);
}

outcome store::put(const k8s_io::resource& kind, const json::value& object,
                   std::string_view subresource) {
  auto& core = server_.core();
  auto how = begin_write();
  how.subresource = subresource;
  auto info = known(core, kind);
  return to_outcome(
      change_object(
          core, info, key_of(object),
          [&](const json::value&) -> answer<json::value> { return object; },
          change_kind::put, how),
      200);
}

outcome store::update(const k8s_io::resource& kind, const json::value& object) {
  return put(kind, object, "");
}

outcome store::update_status(const k8s_io::resource& kind,
                             const json::value& object) {
  return put(kind, object, "status");
}

outcome store::patch(const k8s_io::resource& kind, const object_key& key,
                     const json::value& merge, std::string_view subresource) {
  auto answered = send("PATCH", kind, key, subresource, json::serialize(merge),
                       "application/merge-patch+json");
  return {answered.status, json::parse(answered.body)};
}

outcome store::apply(const k8s_io::resource& kind, const json::value& object) {
  auto& core = server_.core();
  auto how = begin_write();
  how.force = true;
  bool created = false;
  auto info = known(core, kind);
  auto done = apply_object(core, info, key_of(object), object, how, created);
  return to_outcome(std::move(done), created ? 201 : 200);
}

outcome store::remove(const k8s_io::resource& kind, const object_key& key,
                      const removal& how) {
  auto& core = server_.core();
  core.latest = now_;
  delete_options options;
  options.uid = how.uid;
  options.version = how.version;
  options.propagation = how.propagation;
  options.grace = how.grace;
  auto info = known(core, kind);
  auto done = delete_object(core, info, key, options, now_);
  if (!done)
    return failed(done.why());
  return {200, std::move(done->last)};
}

std::vector<change> store::changes(const k8s_io::resource& kind,
                                   change_cursor& cursor,
                                   bool* complete) const {
  auto& core = server_.core();
  std::vector<change> out;
  auto info = core.kinds.find(kind);
  if (info == nullptr)
    return out;
  auto& all = core.objects.of(info->id());
  bool fresh = cursor.seen == 0 || cursor.seen < all.compacted;
  if (complete != nullptr)
    *complete = fresh;
  if (fresh) {
    for (auto& [key, object] : all.objects)
      out.push_back({key, object->uid, false});
  } else {
    auto first = std::upper_bound(
        all.history.begin(), all.history.end(), cursor.seen,
        [](std::uint64_t seen, auto& event) { return seen < event.version; });
    // Each object once, with its latest event.
    std::map<std::pair<object_key, std::string>, std::size_t> at;
    for (auto it = first; it != all.history.end(); ++it) {
      auto& object = *it->after;
      auto [slot, added] = at.try_emplace({object.key, object.uid}, out.size());
      if (added)
        out.push_back({object.key, object.uid, it->deleted});
      else
        out[slot->second].deleted = it->deleted;
    }
  }
  cursor.seen = core.objects.version();
  return out;
}

void store::set_log(const object_key& pod, std::string text) {
  server_.set_log(pod, std::move(text));
}

void store::event(const json::value& about, std::string_view type,
                  std::string_view reason, std::string_view message) {
  auto key = key_of(about);
  auto uid = uid_of(about);
  auto ns = key.ns.empty() ? std::string{"default"} : key.ns;
  auto name
      = fmt::format("{}.{:016x}", key.name,
                    fingerprint({uid, std::string{type}, std::string{reason},
                                 std::string{message}, manager_}));
  if (auto before = get(k8s_io::resources::events, {ns, name})) {
    auto count = k8s_io::integer_at(before.object, "count").value_or(1);
    patch(k8s_io::resources::events, {ns, name},
          {{"count", count + 1}, {"lastTimestamp", to_rfc3339(now_)}});
    return;
  }
  json::object subject{{"kind", k8s_io::text_at(about, "kind")},
                       {"apiVersion", k8s_io::text_at(about, "apiVersion")},
                       {"name", key.name},
                       {"uid", uid},
                       {"resourceVersion",
                        k8s_io::text_at(about, "metadata", "resourceVersion")}};
  if (!key.ns.empty())
    subject["namespace"] = key.ns;
  create(k8s_io::resources::events,
         json::object{{"metadata", {{"name", name}, {"namespace", ns}}},
                      {"involvedObject", std::move(subject)},
                      {"reason", reason},
                      {"message", message},
                      {"source", {{"component", component_}}},
                      {"firstTimestamp", to_rfc3339(now_)},
                      {"lastTimestamp", to_rfc3339(now_)},
                      {"count", 1},
                      {"type", type},
                      {"eventTime", nullptr},
                      {"reportingComponent", component_},
                      {"reportingInstance", ""}});
}

reply store::send(std::string method, const k8s_io::resource& kind,
                  const object_key& key, std::string_view subresource,
                  std::string body, std::string content_type,
                  std::string query) const {
  call what;
  what.method = std::move(method);
  what.target = kind.group.empty()
                    ? fmt::format("/api/{}", kind.version)
                    : fmt::format("/apis/{}/{}", kind.group, kind.version);
  if (!key.ns.empty())
    what.target += "/namespaces/" + key.ns;
  what.target += fmt::format("/{}", kind.plural);
  if (!key.name.empty())
    what.target += "/" + key.name;
  if (!subresource.empty())
    what.target += fmt::format("/{}", subresource);
  what.target += "?fieldManager=" + encode_query(manager_) + query;
  what.body = std::move(body);
  what.content_type = std::move(content_type);
  return server_.handle(what, now_);
}

} // namespace holystone::simulator
