#include "k8s_io/requests.hpp"

#include "k8s_io/api_status.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace holystone::k8s_io {

namespace {

namespace json = boost::json;

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
         || c == '~';
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (auto c : text)
    if (is_unreserved(c))
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

// Builds `?a=b&c=d`.
class query {
public:
  void add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '?' : '&';
    text_ += name;
    text_ += '=';
    text_ += percent_encoded(value);
  }

  void add_if(std::string_view name, std::string_view value) {
    if (!value.empty())
      add(name, value);
  }

  const std::string& text() const {
    return text_;
  }

private:
  std::string text_;
};

bool has_many(verb what) {
  return what == verb::list || what == verb::watch;
}

bool is_write(verb what) {
  return what == verb::create || what == verb::apply
         || what == verb::merge_patch || what == verb::json_patch;
}

std::string to_path(const request& what) {
  auto& kind = what.kind;
  auto path = kind.group.empty()
                  ? fmt::format("/api/{}", kind.version)
                  : fmt::format("/apis/{}/{}", kind.group, kind.version);
  if (kind.namespaced && !what.ns.empty())
    path += "/namespaces/" + percent_encoded(what.ns);
  path += '/';
  path += kind.plural;
  // A create names its object in the body only, unless it is a subresource.
  auto in_body = what.what == verb::create && what.subresource.empty();
  if (!what.name.empty() && !has_many(what.what) && !in_body)
    path += '/' + percent_encoded(what.name);
  if (!what.subresource.empty())
    path += '/' + what.subresource;
  return path;
}

void add_selection(const request& what, query& out) {
  out.add_if("labelSelector", what.label_selector);
  auto fields = what.field_selector;
  // A list or watch of one object is asked for by its name.
  if (!what.name.empty()) {
    if (!fields.empty())
      fields += ',';
    fields += "metadata.name=" + what.name;
  }
  out.add_if("fieldSelector", fields);
}

std::string object_name(const request& what) {
  std::string out{what.kind.plural};
  if (!what.kind.group.empty())
    out += fmt::format(".{}", what.kind.group);
  if (!what.subresource.empty())
    out += '/' + what.subresource;
  if (!what.ns.empty() || !what.name.empty())
    out += ' ';
  if (!what.ns.empty())
    out += what.ns + '/';
  return out + what.name;
}

std::string joined(const std::vector<std::string>& fields) {
  std::string out;
  for (auto& field : fields)
    if (!field.empty())
      out += (out.empty() ? "" : ", ") + field;
  return out;
}

// What the server said. A Status may quote the value that it refused, so for a
// Secret only the field's name is told.
std::string explanation(const request& what, const response& answer) {
  auto status = parse_status(answer.body);
  // For a kind that it does not know the API server has only plain text.
  if (answer.status == 404 && status.code == 0 && what.what == verb::list)
    return fmt::format("the API server does not know {}; apply the "
                       "CustomResourceDefinitions of deploy/crds",
                       what.kind.plural);
  if (status.code == 0 && status.reason.empty())
    return "the answer is not a Kubernetes Status; is a proxy in between?";
  if (what.kind.plural != resources::secrets.plural)
    return status.message;
  auto fields = joined(status.fields);
  return fields.empty() ? status.reason : status.reason + " at " + fields;
}

} // namespace

request get(const resource& kind, const object_key& key) {
  request what;
  what.kind = kind;
  what.ns = key.ns;
  what.name = key.name;
  return what;
}

request remove(const resource& kind, const object_key& key,
               const object_uid& uid,
               const holystone::resource_version& version,
               propagation dependents) {
  request what;
  what.what = verb::remove;
  what.kind = kind;
  what.ns = key.ns;
  what.name = key.name;
  what.uid = uid;
  what.version = version;
  what.dependents = dependents;
  return what;
}

std::string to_target(const request& what) {
  query out;
  switch (what.what) {
    case verb::get:
      if (what.resource_version)
        out.add_if("resourceVersion", *what.resource_version);
      break;
    case verb::list:
      add_selection(what, out);
      if (what.limit > 0)
        out.add("limit", std::to_string(what.limit));
      // The server refuses a version beside a continue token.
      if (!what.continue_token.empty())
        out.add("continue", what.continue_token);
      else if (what.resource_version)
        out.add_if("resourceVersion", *what.resource_version);
      break;
    case verb::watch:
      out.add("watch", "true");
      out.add("allowWatchBookmarks", "true");
      add_selection(what, out);
      if (what.resource_version)
        out.add_if("resourceVersion", *what.resource_version);
      if (what.timeout)
        out.add("timeoutSeconds", std::to_string(what.timeout->count()));
      break;
    case verb::apply:
      out.add("fieldManager", field_manager);
      out.add("force", what.force ? "true" : "false");
      break;
    case verb::create:
    case verb::merge_patch:
    case verb::json_patch:
      out.add("fieldManager", field_manager);
      break;
    case verb::remove:
      break;
  }
  return to_path(what) + out.text();
}

std::string_view to_string(verb what) {
  switch (what) {
    case verb::get:
      return "get";
    case verb::list:
      return "list";
    case verb::watch:
      return "watch";
    case verb::create:
      return "create";
    case verb::apply:
      return "apply";
    case verb::merge_patch:
    case verb::json_patch:
      return "patch";
    case verb::remove:
      return "delete";
  }
  return "";
}

std::string_view to_method(verb what) {
  switch (what) {
    case verb::create:
      return "POST";
    case verb::apply:
    case verb::merge_patch:
    case verb::json_patch:
      return "PATCH";
    case verb::remove:
      return "DELETE";
    default:
      return "GET";
  }
}

std::string_view content_type(const request& what) {
  switch (what.what) {
    case verb::create:
    case verb::remove:
      return "application/json";
    case verb::apply:
      return "application/apply-patch+yaml";
    case verb::merge_patch:
      return "application/merge-patch+json";
    case verb::json_patch:
      return "application/json-patch+json";
    default:
      return "";
  }
}

std::string accept(const request& what) {
  // Without plain JSON as a second choice: a server that cannot leave the
  // content out must refuse, not send it (P-3).
  if (what.metadata_only && what.what != verb::remove)
    return fmt::format("application/json;as=PartialObjectMetadata{};"
                       "g=meta.k8s.io;v=v1",
                       what.what == verb::list ? "List" : "");
  return "application/json";
}

std::string to_body(const request& what) {
  if (is_write(what.what))
    return what.body.text();
  if (what.what != verb::remove)
    return {};
  json::object options{
      {"kind", "DeleteOptions"},
      {"apiVersion", "v1"},
      {"propagationPolicy", what.dependents == propagation::foreground
                                ? "Foreground"
                                : "Background"}};
  json::object preconditions;
  if (what.uid)
    preconditions["uid"] = what.uid.value;
  if (!what.version.value.empty())
    preconditions["resourceVersion"] = what.version.value;
  if (!preconditions.empty())
    options["preconditions"] = std::move(preconditions);
  return json::serialize(options);
}

std::string describe(const request& what, const response& answer) {
  auto call = fmt::format("{} {}", to_string(what.what), object_name(what));
  if (answer.status == 0)
    return fmt::format("{}: no answer: {}", call, answer.failure);
  if (answer.ok())
    return fmt::format("{}: {}", call, answer.status);
  return fmt::format("{}: {}: {}", call, answer.status,
                     explanation(what, answer));
}

} // namespace holystone::k8s_io
