#include "simulator/router.hpp"

#include "simulator/bodies.hpp"
#include "simulator/managed_fields.hpp"
#include "simulator/not_modelled.hpp"
#include "simulator/object_edit.hpp"
#include "simulator/patches.hpp"
#include "simulator/query_options.hpp"
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
    auto unknown = where.parameter("fieldValidation");
    how.strict = unknown == "Strict";
    how.silent = unknown == "Ignore";
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
  // A named object is read, whatever the query says of watching.
  bool by_old_path = at.where.watch && !at.where.query.contains("watch");
  bool whole = at.where.name.empty();
  if (whole || by_old_path)
    if (auto refused = check_list_options(at.where))
      return failure(*refused);
  if (at.where.watch && (whole || by_old_path))
    return start_watch(at);
  if (whole) {
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
  if (auto refused = check_write_options(at.where, "CreateOptions"))
    return failure(*refused);
  auto body = decode_body(at.what);
  if (!body)
    return failure(body.why());
  auto how = at.named_writing();
  auto made
      = create_object(at.core, at.kind, at.where.ns, std::move(*body), how);
  return made ? shown(at, 201, *made, &how) : failure(made.why());
}

reply replace(exchange& at) {
  if (auto refused = check_write_options(at.where, "UpdateOptions"))
    return failure(*refused);
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

api_error unknown_patch_type() {
  auto why = unsupported_media_type("");
  why.message = "415: Unsupported Media Type";
  why.bare_details = true;
  return why;
}

reply patch(exchange& at) {
  auto type = media_type(at.what.content_type);
  bool applies = type == "application/apply-patch+yaml";
  if (!applies && type != "application/merge-patch+json"
      && type != "application/json-patch+json"
      && type != "application/strategic-merge-patch+json")
    return failure(unknown_patch_type());
  if (auto refused = check_write_options(at.where, "PatchOptions", applies))
    return failure(*refused);
  if (applies)
    return apply(at);
  boost::system::error_code failed;
  auto body = json::parse(at.what.body, failed);
  if (failed)
    return failure(bad_request("error decoding patch: " + failed.message()));
  auto how = at.named_writing();
  how.patched = true;
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
  if (auto refused = check_delete_options(*options))
    return *refused;
  return options;
}

// Who forgets the pods of a Job is told so.
std::vector<std::string> warnings_of(const exchange& at,
                                     const delete_options& options) {
  if (at.kind.id() != "jobs.batch" || !options.propagation.empty()
      || options.orphans)
    return {};
  return {"child pods are preserved by default when jobs are deleted; set "
          "propagationPolicy=Background to remove them or set "
          "propagationPolicy=Orphan to suppress this warning"};
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
  reply out;
  if (shows) {
    out = shown(at, 200, done->last);
    out.warnings = warnings_of(at, *options);
    return out;
  }
  out.body = json::serialize(success_status(at.kind, done->last));
  out.warnings = warnings_of(at, *options);
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
  if (auto refused = refuse_resource(*where, kind))
    return failure(*refused);
  if (kind == nullptr)
    return no_such_kind(core, *where);
  if (!where->subresource.empty() && !kind->serves(where->subresource))
    return failure(kind->custom != nullptr && where->subresource == "status"
                       ? not_found(*kind, where->name)
                       : no_such_path());
  bool needs_namespace = kind->namespaced && where->ns.empty()
                         && (!where->name.empty() || what.method == "POST");
  if (needs_namespace || (!kind->namespaced && !where->ns.empty()))
    return failure(no_such_path());
  auto form = choose_rendering(what.accept);
  if (!form)
    return failure(form.why());
  auto included = where->parameter("includeObject");
  if (*form == rendering::table && included == "Object")
    *form = rendering::table_of_objects;
  if (*form == rendering::table && included == "None")
    *form = rendering::table_alone;
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
