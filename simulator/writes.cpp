#include "simulator/built_in.hpp"
#include "simulator/crd.hpp"
#include "simulator/decoding.hpp"
#include "simulator/managed_fields.hpp"
#include "simulator/not_modelled.hpp"
#include "simulator/object_edit.hpp"
#include "simulator/object_meta.hpp"
#include "simulator/verbs.hpp"

#include <fmt/format.h>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

complaint validate(const server_core& core, const kind_info& kind,
                   const json::value* before, const json::value& after,
                   bool of_status = false) {
  field_errors errors;
  if (before != nullptr)
    check_metadata_update(*before, after, errors);
  check_metadata(kind, after, "metadata", errors);
  if (kind.custom != nullptr)
    check_custom(after, before, *kind.custom->schema, of_status, errors);
  else
    check_built_in(kind, before, after, core.options.minor, errors);
  if (errors.empty())
    return std::nullopt;
  return errors.to_error(kind, k8s_io::text_at(after, "metadata", "name"));
}

complaint check_namespace(server_core& core, const kind_info& kind,
                          const std::string& ns, const json::value& object) {
  if (!kind.namespaced)
    return std::nullopt;
  auto namespaces = core.kinds.find("", "v1", "namespaces");
  auto found = core.objects.find("namespaces", {"", ns});
  if (found == nullptr)
    return not_found(*namespaces, ns);
  if (!is_deleting(found->value()))
    return std::nullopt;
  auto why = forbidden(
      kind, k8s_io::text_at(object, "metadata", "name"),
      fmt::format("unable to create new content in namespace {} because it is "
                  "being terminated",
                  ns));
  why.causes.push_back({"NamespaceTerminating",
                        fmt::format("namespace {} is being terminated", ns),
                        "metadata.namespace"});
  return why;
}

api_error wrong_namespace() {
  return bad_request("the namespace of the provided object does not match "
                     "the namespace sent on the request");
}

api_error wrong_name(std::string_view given, std::string_view wanted) {
  return bad_request(fmt::format("the name of the object ({}) does not match "
                                 "the name on the URL ({})",
                                 given, wanted));
}

// Names the object and puts it into its namespace.
complaint place(server_core& core, const kind_info& kind, const std::string& ns,
                json::value& object) {
  auto given = k8s_io::text_at(object, "metadata", "namespace");
  if (!given.empty() && given != ns)
    return wrong_namespace();
  if (kind.namespaced)
    field(object, {"metadata", "namespace"}) = ns;
  auto prefix = k8s_io::text_at(object, "metadata", "generateName");
  if (k8s_io::text_at(object, "metadata", "name").empty() && !prefix.empty())
    // 63 characters, of which five are random.
    field(object, {"metadata", "name"})
        = prefix.substr(0, 58) + core.new_suffix();
  return std::nullopt;
}

// Returns whether anything but metadata and status differs.
bool spec_changed(const kind_info& kind, const json::value& before,
                  const json::value& after) {
  auto strip = [&](json::value object) {
    auto& root = object.as_object();
    root.erase("metadata");
    if (kind.has_status)
      root.erase("status");
    return object;
  };
  return strip(before) != strip(after);
}

// Main and status writes leave each other's half as it was.
void separate_status(const kind_info& kind, const json::value& before,
                     json::value& after, bool status_write) {
  if (!kind.has_status)
    return;
  auto& root = after.as_object();
  auto old = [&](std::string_view name) {
    auto value = k8s_io::find(before, name);
    if (value != nullptr)
      root[name] = *value;
    else
      root.erase(name);
  };
  if (!status_write) {
    old("status");
    return;
  }
  auto status = k8s_io::find(after, "status");
  auto kept = status ? *status : json::value{};
  auto managers = k8s_io::find(after, "metadata", "managedFields");
  auto fields = managers ? *managers : json::value{};
  if (kind.custom != nullptr) {
    after = before;
    if (!fields.is_null())
      field(after, {"metadata", "managedFields"}) = fields;
    if (!kept.is_null())
      after.as_object()["status"] = kept;
    return;
  }
  for (auto& each : before.as_object())
    if (each.key() != "metadata" && each.key() != "status")
      root[each.key()] = each.value();
}

complaint check_guards(const kind_info& kind, const stored& current,
                       const json::value& after, change_kind way) {
  auto version = k8s_io::text_at(after, "metadata", "resourceVersion");
  auto uid = k8s_io::text_at(after, "metadata", "uid");
  auto name = k8s_io::text_at(after, "metadata", "name");
  auto ns = k8s_io::text_at(after, "metadata", "namespace");
  if (!ns.empty() && ns != current.key.ns)
    return wrong_namespace();
  if (name.empty() && way == change_kind::put)
    return bad_request(
        fmt::format("the name of the object ({} based on URL) was "
                    "undeterminable: name must be provided",
                    current.key.name));
  if (!name.empty() && name != current.key.name)
    return wrong_name(name, current.key.name);
  if (version.find_first_not_of("0123456789") != version.npos) {
    auto why = internal_error(fmt::format(
        "resourceVersion: Invalid value: \"{}\": strconv.ParseUint: parsing "
        "\"{}\": invalid syntax",
        version, version));
    why.reason.clear();
    return why;
  }
  if (way == change_kind::put && !uid.empty() && uid != current.uid)
    return foreign_uid(kind, current.key.ns, current.key.name, uid,
                       current.uid);
  if (!version.empty() && version != std::to_string(current.version))
    return stale_version(kind, current.key.name);
  if (version.empty() && way != change_kind::apply
      && !kind.unconditional_update) {
    field_errors errors;
    errors.invalid("metadata.resourceVersion", 0,
                   "must be specified for an update");
    auto why = errors.to_error(kind, current.key.name);
    // Said of the resource, not of the kind.
    why.message.replace(0, kind.kind.size(), kind.plural);
    why.kind = kind.plural;
    return why;
  }
  return std::nullopt;
}

void raise_generation(const kind_info& kind, const json::value& before,
                      json::value& after) {
  if (!kind.has_generation || !spec_changed(kind, before, after))
    return;
  auto old = k8s_io::integer_at(before, "metadata", "generation").value_or(0);
  field(after, {"metadata", "generation"}) = old + 1;
}

bool is_finished(const kind_info& kind, const json::value& object) {
  if (!is_deleting(object)
      || !k8s_io::items_at(object, "metadata", "finalizers").empty())
    return false;
  auto grace
      = k8s_io::integer_at(object, "metadata", "deletionGracePeriodSeconds");
  bool waits_for_kubelet = kind.kind == "Pod" && grace.value_or(0) > 0;
  bool has_content = kind.kind == "Namespace"
                     && !k8s_io::items_at(object, "spec", "finalizers").empty();
  return !waits_for_kubelet && !has_content;
}

complaint check_scope(const kind_info& kind, const json::value& before,
                      const json::value& after) {
  auto scope = k8s_io::text_at(after, "spec", "scope");
  if (scope == k8s_io::text_at(before, "spec", "scope"))
    return std::nullopt;
  field_errors errors;
  errors.invalid("spec.scope", json::value(scope), "field is immutable");
  return errors.to_error(kind, k8s_io::text_at(after, "metadata", "name"));
}

answer<json::value> store_change(server_core& core, const kind_info& kind,
                                 const json::value& before, json::value after,
                                 const write_context& how) {
  if (before == after || how.dry_run)
    return after;
  if (is_definition(kind)) {
    auto info = read_definition(after);
    if (!info)
      return info.why();
    if (auto refused = check_scope(kind, before, after))
      return *refused;
    info->redefined = true;
    core.kinds.put(std::move(*info));
  }
  if (is_finished(kind, after)) {
    // Watches see it as it was stored last.
    erase_object(core, kind, before);
    return after;
  }
  core.objects.put(kind.id(), after);
  return after;
}

answer<json::value> finish_change(server_core& core, const kind_info& kind,
                                  const stored& current,
                                  const json::value& before, json::value after,
                                  change_kind way, write_context& how) {
  if (!after.is_object())
    return bad_request("the patch does not leave an object");
  if (auto refused = check_guards(kind, current, after, way))
    return *refused;
  auto managers = k8s_io::find(after, "metadata", "managedFields");
  how.clears_managers = managers != nullptr && managers->is_array()
                        && managers->as_array().empty();
  keep_system_fields(before, after);
  separate_status(kind, before, after, how.subresource == "status");
  if (auto refused = normalise(kind, after, how))
    return *refused;
  if (auto refused = refuse_fields(kind, after))
    return *refused;
  if (kind.custom == nullptr && how.subresource.empty())
    prepare_update(kind, after);
  if (way != change_kind::apply)
    track_update(kind, before, after, how);
  raise_generation(kind, before, after);
  if (auto refused
      = validate(core, kind, &before, after, how.subresource == "status"))
    return *refused;
  return store_change(core, kind, before, std::move(after), how);
}

// What an apply may not say, and what its endpoint ignores.
complaint check_applied(const kind_info& kind, json::value& wanted,
                        const write_context& how) {
  if (!wanted.is_object())
    return bad_request("error decoding YAML: the body is no object");
  if (!k8s_io::items_at(wanted, "metadata", "managedFields").empty())
    return bad_request("metadata.managedFields must be nil");
  auto& root = wanted.as_object();
  if (how.subresource == "status") {
    for (auto it = root.begin(); it != root.end();)
      it = it->key() == "spec" ? root.erase(it) : std::next(it);
    if (kind.custom != nullptr)
      for (auto name :
           {"labels", "annotations", "finalizers", "ownerReferences"})
        drop(wanted, {"metadata", name});
  } else if (kind.has_status) {
    root.erase("status");
  }
  return std::nullopt;
}

} // namespace

answer<json::value> create_object(server_core& core, const kind_info& kind,
                                  const std::string& ns, json::value object,
                                  write_context& how) {
  if (object.is_object()
      && !k8s_io::text_at(object, "metadata", "resourceVersion").empty())
    return internal_error("resourceVersion should not be set on objects to "
                          "be created");
  if (auto refused = normalise(kind, object, how))
    return *refused;
  if (auto refused = place(core, kind, ns, object))
    return *refused;
  if (auto refused = check_namespace(core, kind, ns, object))
    return *refused;
  if (auto refused = refuse_fields(kind, object))
    return *refused;
  clear_system_fields(kind, object);
  if (kind.has_status && (kind.custom || kind.kind != "Node"))
    object.as_object().erase("status");
  if (how.operation != "Apply")
    track_update(kind, json::object{}, object, how);
  field(object, {"metadata", "uid"}) = core.new_uid();
  field(object, {"metadata", "creationTimestamp"}) = to_rfc3339(how.now);
  if (kind.has_generation)
    field(object, {"metadata", "generation"}) = 1;
  if (kind.custom == nullptr)
    prepare_creation(kind, object);
  if (is_definition(kind)) {
    auto info = read_definition(object);
    if (!info)
      return info.why();
    complete_definition(object, how.now);
  }
  if (auto refused = validate(core, kind, nullptr, object))
    return *refused;
  if (kind.custom == nullptr)
    complete_creation(kind, object);
  auto key = key_of(object);
  if (auto there = core.objects.find(kind.id(), key)) {
    auto why = already_exists(kind, key.name);
    if (is_deleting(there->value()))
      why.message = "object is being deleted: " + why.message;
    return why;
  }
  if (how.dry_run)
    return object;
  if (is_definition(kind)) {
    auto info = *read_definition(object);
    core.objects.begin(info.id());
    core.kinds.put(std::move(info));
  }
  auto written = core.objects.put(kind.id(), object);
  if (kind.id() == "events")
    core.expiring.emplace_back(how.now, written);
  return object;
}

answer<json::value> change_object(server_core& core, const kind_info& kind,
                                  const object_key& key,
                                  const transformation& change, change_kind way,
                                  write_context& how) {
  auto current = core.objects.find(kind.id(), key);
  if (current == nullptr)
    return not_found(kind, key.name);
  auto before = known_part(kind, current->value());
  auto after = change(before);
  if (!after)
    return after;
  return finish_change(core, kind, *current, before, std::move(*after), way,
                       how);
}

answer<json::value> apply_object(server_core& core, const kind_info& kind,
                                 const object_key& key, json::value wanted,
                                 write_context& how, bool& created) {
  how.operation = "Apply";
  if (auto refused = check_applied(kind, wanted, how))
    return *refused;
  auto name = k8s_io::text_at(wanted, "metadata", "name");
  if (!name.empty() && name != key.name)
    return wrong_name(name, key.name);
  field(wanted, {"metadata", "name"}) = key.name;
  if (auto refused = refuse_unknown(kind, wanted))
    return *refused;
  if (auto refused = refuse_misshapen(kind, wanted))
    return *refused;
  if (auto refused = refuse_bad_lists(kind, wanted))
    return *refused;
  auto current = core.objects.find(kind.id(), key);
  created = current == nullptr;
  if (current != nullptr) {
    auto before = known_part(kind, current->value());
    auto after = apply_fields(kind, before, wanted, how);
    if (!after)
      return after;
    return finish_change(core, kind, *current, before, std::move(*after),
                         change_kind::apply, how);
  }
  if (!how.subresource.empty())
    return not_found(kind, key.name);
  if (auto uid = k8s_io::text_at(wanted, "metadata", "uid"); !uid.empty())
    return conflict(kind, key.name,
                    fmt::format("uid mismatch: the provided object specified "
                                "uid {}, and no existing object was found",
                                uid));
  drop(wanted, {"metadata", "resourceVersion"});
  auto after = apply_fields(kind, json::value{}, wanted, how);
  if (!after)
    return after;
  return create_object(core, kind, key.ns, std::move(*after), how);
}

} // namespace holystone::simulator
