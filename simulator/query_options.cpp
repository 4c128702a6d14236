#include "simulator/query_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

bool is_one_of(std::string_view text,
               std::initializer_list<std::string_view> allowed) {
  return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

complaint refused(std::string_view kind, const field_errors& errors) {
  if (errors.empty())
    return std::nullopt;
  return bad_options(kind, errors);
}

void check_match(const target& where, std::string_view match,
                 field_errors& errors) {
  auto version = where.parameter("resourceVersion");
  if (version.empty())
    errors.forbidden("resourceVersionMatch",
                     "resourceVersionMatch is forbidden unless "
                     "resourceVersion is provided");
  if (!where.parameter("continue").empty())
    errors.forbidden("resourceVersionMatch",
                     "resourceVersionMatch is forbidden with continue token");
  if (!is_one_of(match, {"Exact", "NotOlderThan"}))
    errors.unsupported("resourceVersionMatch", json::value(match),
                       {"Exact", "NotOlderThan", ""});
  if (match == "Exact" && version == "0")
    errors.forbidden("resourceVersionMatch",
                     "resourceVersionMatch \"exact\" is forbidden for "
                     "resourceVersion \"0\"");
}

void check_watch(std::string_view match, bool initial, field_errors& errors) {
  if (initial && match != "NotOlderThan")
    errors.forbidden("resourceVersionMatch",
                     "sendInitialEvents requires setting "
                     "resourceVersionMatch to NotOlderThan");
  if (match.empty())
    return;
  if (!initial)
    errors.forbidden("resourceVersionMatch",
                     "resourceVersionMatch is forbidden for watch unless "
                     "sendInitialEvents is provided");
  if (match != "NotOlderThan")
    errors.unsupported("resourceVersionMatch", json::value(match),
                       {"NotOlderThan"});
}

} // namespace

complaint check_write_options(const target& where, std::string_view kind,
                              bool is_apply) {
  field_errors errors;
  if (kind == "PatchOptions" && !is_apply && where.query.contains("force"))
    errors.forbidden("force", "may not be specified for non-apply patch");
  if (is_apply && where.parameter("fieldManager").empty())
    errors.required("fieldManager", "is required for apply patch");
  auto dry = where.parameter("dryRun");
  if (!is_one_of(dry, {"", "All"}))
    errors.unsupported("dryRun", json::array{json::value(dry)}, {"All"});
  auto unknown = where.parameter("fieldValidation");
  if (!is_one_of(unknown, {"", "Ignore", "Strict", "Warn"}))
    errors.unsupported("fieldValidation", json::value(unknown),
                       {"", "Ignore", "Strict", "Warn"});
  return refused(kind, errors);
}

complaint check_delete_options(const delete_options& options) {
  field_errors errors;
  auto& way = options.propagation;
  if (options.orphans && !way.empty())
    errors.invalid("propagationPolicy", json::value(way),
                   "orphanDependents and deletionPropagation cannot be both "
                   "set");
  else if (!is_one_of(way, {"", "Foreground", "Background", "Orphan"}))
    errors.unsupported("propagationPolicy", json::value(way),
                       {"Foreground", "Background", "Orphan", "nil"});
  return refused("DeleteOptions", errors);
}

complaint check_list_options(const target& where) {
  field_errors errors;
  auto match = where.parameter("resourceVersionMatch");
  bool initial = where.query.contains("sendInitialEvents");
  auto limit = where.parameter("limit");
  auto digits = limit.starts_with("-") ? limit.substr(1) : limit;
  if (digits.find_first_not_of("0123456789") != digits.npos)
    return bad_request(
        fmt::format("strconv.ParseInt: parsing \"{}\": invalid syntax", limit));
  if (where.watch) {
    check_watch(match, initial, errors);
  } else {
    if (!match.empty())
      check_match(where, match, errors);
    if (initial)
      errors.forbidden("sendInitialEvents",
                       "sendInitialEvents is forbidden for list");
  }
  return refused("ListOptions", errors);
}

} // namespace holystone::simulator
