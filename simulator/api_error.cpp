#include "simulator/api_error.hpp"

#include "k8s_io/fields.hpp"
#include "simulator/kinds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

std::string qualified(const kind_info& kind) {
  return kind.group.empty() ? kind.plural : kind.plural + "." + kind.group;
}

api_error about(int code, std::string_view reason, const kind_info& kind,
                std::string_view name, std::string message) {
  api_error why;
  why.code = code;
  why.reason = reason;
  why.message = std::move(message);
  why.name = name;
  why.group = kind.group;
  why.kind = kind.plural;
  return why;
}

api_error plain(int code, std::string_view reason, std::string message) {
  api_error why;
  why.code = code;
  why.reason = reason;
  why.message = std::move(message);
  return why;
}

api_error with_details(api_error why) {
  why.bare_details = true;
  return why;
}

} // namespace

void field_errors::add(std::string_view reason, std::string_view field,
                       std::string message) {
  causes_.push_back(
      {std::string{reason}, std::move(message), std::string{field}});
}

void field_errors::required(std::string_view field, std::string_view detail) {
  add("FieldValueRequired", field,
      detail.empty() ? "Required value"
                     : fmt::format("Required value: {}", detail));
}

void field_errors::invalid(std::string_view field, const json::value& value,
                           std::string_view detail) {
  add("FieldValueInvalid", field,
      fmt::format("Invalid value: {}{}{}", json::serialize(value),
                  detail.empty() ? "" : ": ", detail));
}

void field_errors::forbidden(std::string_view field, std::string_view detail) {
  add("FieldValueForbidden", field, fmt::format("Forbidden: {}", detail));
}

void field_errors::unsupported(std::string_view field, const json::value& value,
                               const std::vector<std::string_view>& allowed) {
  std::string list;
  for (auto each : allowed)
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", each);
  add("FieldValueNotSupported", field,
      fmt::format("Unsupported value: {}: supported values: {}",
                  json::serialize(value), list));
}

void field_errors::not_found(std::string_view field, const json::value& value) {
  add("FieldValueNotFound", field,
      fmt::format("Not found: {}", json::serialize(value)));
}

void field_errors::too_long(std::string_view field, std::size_t most) {
  add("FieldValueTooLong", field,
      fmt::format("Too long: may not be more than {} bytes", most));
}

void field_errors::too_many(std::string_view field, std::size_t count,
                            std::size_t most) {
  add("FieldValueTooMany", field,
      fmt::format("Too many: {}: must have at most {} items", count, most));
}

void field_errors::duplicate(std::string_view field, const json::value& value) {
  add("FieldValueDuplicate", field,
      fmt::format("Duplicate value: {}", json::serialize(value)));
}

void field_errors::wrong_type(std::string_view field, std::string_view shown,
                              const json::value& value,
                              std::string_view expected) {
  static constexpr std::string_view names[]
      = {"null",   "boolean", "integer", "integer",
         "number", "string",  "array",   "object"};
  auto actual = names[static_cast<std::size_t>(value.kind())];
  add("FieldValueTypeInvalid", field,
      fmt::format("Invalid value: \"{}\": {} in body must be of type {}: "
                  "\"{}\"",
                  actual, shown, expected, actual));
}

void field_errors::malformed(std::string_view field, const json::value& value,
                             std::string_view detail) {
  add("FieldValueTypeInvalid", field,
      fmt::format("Invalid value: {}: {}", json::serialize(value), detail));
}

api_error field_errors::to_error(const kind_info& kind,
                                 std::string_view name) const {
  // What is found twice is said once.
  std::vector<std::string> texts;
  for (auto& each : causes_)
    if (auto text = each.field + ": " + each.message;
        std::find(texts.begin(), texts.end(), text) == texts.end())
      texts.push_back(std::move(text));
  auto list = fmt::format("{}", fmt::join(texts, ", "));
  if (texts.size() > 1)
    list = "[" + list + "]";
  auto id = kind.group.empty() ? kind.kind : kind.kind + "." + kind.group;
  auto why = about(422, "Invalid", kind, name,
                   fmt::format("{} \"{}\" is invalid: {}", id, name, list));
  why.kind = kind.kind;
  why.causes = causes_;
  return why;
}

api_error not_found(const kind_info& kind, std::string_view name) {
  return about(404, "NotFound", kind, name,
               fmt::format("{} \"{}\" not found", qualified(kind), name));
}

api_error no_such_path() {
  return with_details(plain(
      404, "NotFound", "the server could not find the requested resource"));
}

api_error rejected() {
  return with_details(plain(422, "Invalid",
                            "the server rejected our request due to an error "
                            "in our request"));
}

api_error bad_options(std::string_view kind, const field_errors& errors) {
  kind_info options;
  options.group = "meta.k8s.io";
  options.kind = kind;
  return errors.to_error(options, "");
}

api_error internal_error(std::string message) {
  return plain(500, "", std::move(message));
}

api_error already_exists(const kind_info& kind, std::string_view name) {
  return about(409, "AlreadyExists", kind, name,
               fmt::format("{} \"{}\" already exists", qualified(kind), name));
}

api_error conflict(const kind_info& kind, std::string_view name,
                   std::string_view why) {
  return about(409, "Conflict", kind, name,
               fmt::format("Operation cannot be fulfilled on {} \"{}\": {}",
                           qualified(kind), name, why));
}

api_error foreign_uid(const kind_info& kind, std::string_view ns,
                      std::string_view name, std::string_view wanted,
                      std::string_view stored) {
  auto folder = kind.custom ? kind.group + "/" + kind.plural : kind.plural;
  return conflict(kind, name,
                  fmt::format("StorageError: invalid object, Code: 4, Key: "
                              "/registry/{}/{}{}{}, ResourceVersion: 0, "
                              "AdditionalErrorMsg: Precondition failed: UID in "
                              "precondition: {}, UID in object meta: {}",
                              folder, ns, ns.empty() ? "" : "/", name, wanted,
                              stored));
}

api_error stale_version(const kind_info& kind, std::string_view name) {
  return conflict(kind, name,
                  "the object has been modified; please apply your changes "
                  "to the latest version and try again");
}

api_error bad_request(std::string message) {
  return plain(400, "BadRequest", std::move(message));
}

api_error forbidden(const kind_info& kind, std::string_view name,
                    std::string_view why) {
  return about(
      403, "Forbidden", kind, name,
      fmt::format("{} \"{}\" is forbidden: {}", qualified(kind), name, why));
}

api_error method_not_allowed() {
  return with_details(
      plain(405, "MethodNotAllowed",
            "the server does not allow this method on the requested "
            "resource"));
}

api_error expired(std::string message) {
  return plain(410, "Expired", std::move(message));
}

api_error unsupported_media_type(std::string_view accepted) {
  return plain(415, "UnsupportedMediaType",
               fmt::format("the body of the request was in an unknown format "
                           "- accepted media types include: {}",
                           accepted));
}

api_error not_modelled(std::string_view what) {
  return plain(501, "NotImplemented",
               fmt::format("the simulated API server does not model {}", what));
}

json::object to_status(const api_error& why) {
  json::object status{{"kind", "Status"},
                      {"apiVersion", "v1"},
                      {"metadata", json::object{}},
                      {"status", "Failure"},
                      {"message", why.message}};
  if (!why.reason.empty())
    status["reason"] = why.reason;
  json::object details;
  auto set = [&](std::string_view field, const std::string& text) {
    if (!text.empty())
      details[field] = text;
  };
  set("name", why.name);
  set("group", why.group);
  set("kind", why.kind);
  set("uid", why.uid);
  json::array causes;
  for (auto& each : why.causes) {
    json::object cause{{"reason", each.reason}, {"message", each.message}};
    if (!each.field.empty())
      cause["field"] = each.field;
    causes.emplace_back(std::move(cause));
  }
  if (!causes.empty())
    details["causes"] = std::move(causes);
  if (why.retry_after)
    details["retryAfterSeconds"] = *why.retry_after;
  if (!details.empty() || why.bare_details)
    status["details"] = std::move(details);
  status["code"] = why.code;
  return status;
}

json::object success_status(const kind_info& kind, const json::value& object) {
  json::object details{{"name", k8s_io::text_at(object, "metadata", "name")},
                       {"kind", kind.plural},
                       {"uid", k8s_io::text_at(object, "metadata", "uid")}};
  if (!kind.group.empty())
    details["group"] = kind.group;
  return {{"kind", "Status"},
          {"apiVersion", "v1"},
          {"metadata", json::object{}},
          {"status", "Success"},
          {"details", std::move(details)}};
}

} // namespace holystone::simulator
