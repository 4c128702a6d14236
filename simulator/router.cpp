#include "simulator/router.hpp"

#include "simulator/bodies.hpp"
#include "simulator/managed_fields.hpp"
#include "simulator/object_edit.hpp"
#include "simulator/patches.hpp"
#include "simulator/reads.hpp"
#include "simulator/verbs.hpp"

#include <fmt/format.h>

#include <charconv>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

// etcd takes no larger object; the server answers 413 above 3 MiB.
constexpr std::size_t body_limit = 3 * 1024 * 1024;
constexpr std::size_t object_limit = 1'572'864;

// One call on its way through the server.
struct exchange {
  server_core& core;
  const call& what;
  target where;
  const kind_info& kind;
  rendering form;
  instant now;

  object_key key() const {
    return {where.ns, where.name};
  }

  write_context writing() const {
    write_context how;
    how.now = now;
    how.manager = where.parameter("fieldManager");
    how.subresource = where.subresource;
    how.dry_run = where.parameter("dryRun") == "All";
    how.force = where.flag("force");
    how.strict = where.parameter("fieldValidation") == "Strict";
    return how;
  }

  // A write that names no manager is recorded under its user agent.
  write_context named_writing() const {
    auto how = writing();
    if (how.manager.empty())
      how.manager = what.user_agent.substr(0, what.user_agent.find('/'));
    if (how.manager.empty())
      how.manager = "unknown";
    return how;
  }
};

reply failure(const api_error& why) {
  reply out;
  out.status = why.code;
  out.body = json::serialize(to_status(why));
  if (why.retry_after)
    out.retry_after = seconds{*why.retry_after};
  return out;
}

reply shown(const exchange& at, int status, const json::value& object,
            write_context* how = nullptr) {
  reply out;
  out.status = status;
  out.body = render_object(at.core, at.kind, object, at.form, at.now);
  if (how != nullptr)
    out.warnings = std::move(how->warnings);
  return out;
}

reply read_log(const exchange& at) {
  if (at.core.objects.find("pods", at.key()) == nullptr)
    return failure(not_found(at.kind, at.where.name));
  reply out;
  out.content_type = "text/plain";
  if (auto found = at.core.logs.find(at.key()); found != at.core.logs.end())
    out.body = found->second;
  return out;
}

reply start_watch(exchange& at) {
  auto id = open_watch(at.core, at.kind, at.where, at.form);
  if (!id)
    return failure(id.why());
  reply out;
  out.watch = *id;
  auto text = at.where.parameter("timeoutSeconds");
  std::int64_t timeout = 0;
  std::from_chars(text.data(), text.data() + text.size(), timeout);
  if (timeout > 0)
    out.watch_timeout = seconds{timeout};
  return out;
}

reply read(exchange& at) {
  if (at.where.watch)
    return start_watch(at);
  if (at.where.name.empty()) {
    auto found = list_objects(at.core, at.kind, at.where, at.form, at.now);
    if (!found)
      return failure(found.why());
    reply out;
    out.body = std::move(*found);
    return out;
  }
  if (at.where.subresource == "log")
    return read_log(at);
  auto object = read_object(at.core, at.kind, at.key());
  return object ? shown(at, 200, *object) : failure(object.why());
}

reply create(exchange& at) {
  auto body = decode_body(at.what);
  if (!body)
    return failure(body.why());
  auto how = at.named_writing();
  auto made
      = create_object(at.core, at.kind, at.where.ns, std::move(*body), how);
  return made ? shown(at, 201, *made, &how) : failure(made.why());
}

reply replace(exchange& at) {
  auto body = decode_body(at.what);
  if (!body)
    return failure(body.why());
  auto how = at.named_writing();
  // An update of an absent object creates a Lease or an Event.
  bool absent = at.core.objects.find(at.kind.id(), at.key()) == nullptr;
  if (absent && at.kind.create_on_update && at.where.subresource.empty()) {
    if (auto uid = k8s_io::text_at(*body, "metadata", "uid"); !uid.empty())
      return failure(foreign_uid(at.kind, at.where.ns, at.where.name, uid, ""));
    drop(*body, {"metadata", "resourceVersion"});
    field(*body, {"metadata", "name"}) = at.where.name;
    auto made
        = create_object(at.core, at.kind, at.where.ns, std::move(*body), how);
    return made ? shown(at, 201, *made, &how) : failure(made.why());
  }
  auto done = change_object(
      at.core, at.kind, at.key(),
      [&](const json::value&) -> answer<json::value> { return *body; },
      change_kind::put, how);
  return done ? shown(at, 200, *done, &how) : failure(done.why());
}

reply apply(exchange& at) {
  auto body = decode_yaml(at.what.body);
  if (!body)
    return failure(body.why());
  auto kind = k8s_io::text_at(*body, "kind");
  auto version = k8s_io::text_at(*body, "apiVersion");
  if (kind.empty() || version.empty())
    return failure(
        bad_request(fmt::format("invalid object type: {}, Kind={}",
                                version.empty() ? "/" : version, kind)));
  auto how = at.writing();
  bool created = false;
  auto done = apply_object(at.core, at.kind, at.key(), std::move(*body), how,
                           created);
  return done ? shown(at, created ? 201 : 200, *done, &how)
              : failure(done.why());
}

answer<json::value> patched(const exchange& at, const std::string& type,
                            const json::value& patch,
                            const json::value& before) {
  auto after = before;
  complaint refused;
  if (type == "application/merge-patch+json")
    merge_patch(after, patch);
  else if (type == "application/json-patch+json")
    refused = json_patch(after, patch);
  else if (auto schema = schema_of(at.kind); schema && !at.kind.custom)
    refused = strategic_patch(after, patch, *schema);
  else
    return unsupported_media_type("application/json-patch+json, "
                                  "application/merge-patch+json, "
                                  "application/apply-patch+yaml");
  if (refused)
    return *refused;
  return after;
}

reply patch(exchange& at) {
  auto type = media_type(at.what.content_type);
  if (type == "application/apply-patch+yaml")
    return apply(at);
  if (type != "application/merge-patch+json"
      && type != "application/json-patch+json"
      && type != "application/strategic-merge-patch+json")
    return failure(unsupported_media_type(
        "application/json-patch+json, application/merge-patch+json, "
        "application/strategic-merge-patch+json, "
        "application/apply-patch+yaml"));
  boost::system::error_code failed;
  auto body = json::parse(at.what.body, failed);
  if (failed)
    return failure(bad_request("error decoding patch: " + failed.message()));
  auto how = at.named_writing();
  auto done = change_object(
      at.core, at.kind, at.key(),
      [&](const json::value& before) {
        return patched(at, type, body, before);
      },
      change_kind::patch, how);
  return done ? shown(at, 200, *done, &how) : failure(done.why());
}

answer<delete_options> options_of(const exchange& at) {
  auto body = decode_body(at.what);
  if (!body)
    return body.why();
  auto options = read_delete_options(*body);
  if (!options)
    return options;
  if (auto way = at.where.parameter("propagationPolicy"); !way.empty())
    options->propagation = way;
  auto text = at.where.parameter("gracePeriodSeconds");
  std::int64_t grace = 0;
  if (!text.empty()
      && std::from_chars(text.data(), text.data() + text.size(), grace).ec
             == std::errc{})
    options->grace = grace;
  options->dry_run = options->dry_run || at.where.parameter("dryRun") == "All";
  return options;
}

json::value success(const kind_info& kind, const json::value& object) {
  json::object details{{"name", k8s_io::text_at(object, "metadata", "name")},
                       {"kind", kind.plural},
                       {"uid", k8s_io::text_at(object, "metadata", "uid")}};
  if (!kind.group.empty())
    details["group"] = kind.group;
  return json::object{{"kind", "Status"},
                      {"apiVersion", "v1"},
                      {"metadata", json::object{}},
                      {"status", "Success"},
                      {"details", std::move(details)}};
}

reply remove(exchange& at) {
  auto options = options_of(at);
  if (!options)
    return failure(options.why());
  auto done = delete_object(at.core, at.kind, at.key(), *options, at.now);
  if (!done)
    return failure(done.why());
  bool shows = !done->gone || at.kind.kind == "Pod"
               || at.kind.kind.starts_with("PersistentVolume")
               || at.kind.kind == "ServiceAccount";
  if (shows)
    return shown(at, 200, done->last);
  reply out;
  out.body = json::serialize(success(at.kind, done->last));
  return out;
}

reply remove_all(exchange& at) {
  auto options = options_of(at);
  if (!options)
    return failure(options.why());
  auto keys = select_objects(at.core, at.kind, at.where);
  if (!keys)
    return failure(keys.why());
  json::array items;
  for (auto& key : *keys) {
    auto done = delete_object(at.core, at.kind, key, *options, at.now);
    if (done)
      items.push_back(std::move(done->last));
  }
  reply out;
  out.body = json::serialize(json::object{
      {"kind", at.kind.list_kind},
      {"apiVersion", at.kind.api_version()},
      {"metadata",
       {{"resourceVersion", std::to_string(at.core.objects.version())}}},
      {"items", std::move(items)}});
  return out;
}

reply dispatch(exchange& at) {
  auto& method = at.what.method;
  bool named = !at.where.name.empty();
  bool whole = at.where.subresource.empty();
  if (method == "GET")
    return read(at);
  if (at.where.subresource == "log")
    return failure(method_not_allowed());
  if (method == "POST" && !named)
    return create(at);
  if (method == "PUT" && named)
    return replace(at);
  if (method == "PATCH" && named)
    return patch(at);
  if (method == "DELETE" && named && whole)
    return remove(at);
  if (method == "DELETE" && !named && at.kind.kind != "Namespace")
    return remove_all(at);
  return failure(method_not_allowed());
}

// Which known subresources of the real server are not modelled.
bool exists_elsewhere(std::string_view subresource) {
  for (auto each :
       {"eviction", "exec", "attach", "portforward", "proxy", "binding",
        "resize", "ephemeralcontainers", "token", "scale", "approval"})
    if (subresource == each)
      return true;
  return false;
}

// A group that nobody serves has no Status to answer with.
reply no_such_kind(const server_core& core, const target& where) {
  for (auto& each : core.kinds.all())
    if (each.group == where.group && each.version == where.version)
      return failure(no_such_path());
  reply out;
  out.status = 404;
  out.content_type = "text/plain; charset=utf-8";
  out.body = "404 page not found\n";
  return out;
}

} // namespace

reply route(server_core& core, const call& what, instant now) {
  core.latest = now;
  auto where = parse_target(what.target);
  if (!where)
    return failure(no_such_path());
  auto kind = core.kinds.find(where->group, where->version, where->plural);
  if (kind == nullptr)
    return no_such_kind(core, *where);
  if (!where->subresource.empty() && !kind->serves(where->subresource)) {
    if (exists_elsewhere(where->subresource))
      return failure(not_modelled(fmt::format("the subresource {} of {}",
                                              where->subresource, kind->id())));
    return failure(no_such_path());
  }
  bool needs_namespace = kind->namespaced && where->ns.empty()
                         && (!where->name.empty() || what.method == "POST");
  if (needs_namespace || (!kind->namespaced && !where->ns.empty()))
    return failure(no_such_path());
  auto form = choose_rendering(what.accept);
  if (!form)
    return failure(form.why());
  if (what.body.size() > body_limit) {
    api_error why;
    why.code = 413;
    why.reason = "RequestEntityTooLarge";
    why.message
        = fmt::format("Request entity too large: limit is {}", body_limit);
    return failure(why);
  }
  if (what.method != "DELETE" && what.body.size() > object_limit) {
    api_error why;
    why.code = 500;
    why.reason = "InternalError";
    why.message = "etcdserver: request is too large";
    return failure(why);
  }
  // A copy: the write may replace the kind itself.
  auto copy = *kind;
  exchange at{core, what, std::move(*where), copy, *form, now};
  return dispatch(at);
}

} // namespace holystone::simulator
