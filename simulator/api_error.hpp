#pragma once

// Failures as the API server states them: a code, a reason and a Status object
// that clients decode. `answer<T>` is the `result` of the server's insides,
// whose failure is more than words. Used by every verb of the simulated server.

#include "scheduler/result.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::simulator {

struct kind_info;

/// One field's complaint inside a Status.
struct error_cause {
  std::string reason;
  std::string message;
  std::string field;
};

/// A failed call.
struct api_error {
  int code = 500;
  std::string reason;
  std::string message;
  // -- details ----------------------------------------------------------------
  std::string name;
  std::string group;
  std::string kind;
  std::string uid;
  std::vector<error_cause> causes;
  std::optional<int> retry_after;
  /// Has `details` even when there is nothing in them.
  bool bare_details = false;
};

/// Either a `T` or the failure.
template <class T>
using answer = result<T, api_error>;

/// Nothing, or the failure of a check.
using complaint = std::optional<api_error>;

/// The causes that a validation collects.
class field_errors {
public:
  /// A required field is absent.
  void required(std::string_view field, std::string_view detail = {});

  /// The value (as JSON text, strings quoted) does not do.
  void invalid(std::string_view field, const boost::json::value& value,
               std::string_view detail);

  /// The field may not be set.
  void forbidden(std::string_view field, std::string_view detail);

  /// The value is none of those allowed.
  void unsupported(std::string_view field, const boost::json::value& value,
                   const std::vector<std::string_view>& allowed);

  /// The value names something that is not there.
  void not_found(std::string_view field, const boost::json::value& value);

  /// Longer than allowed.
  void too_long(std::string_view field, std::size_t most);

  /// More items than allowed.
  void too_many(std::string_view field, std::size_t count, std::size_t most);

  /// The same value twice in a set or map.
  void duplicate(std::string_view field, const boost::json::value& value);

  /// Of another JSON type than the schema asks for; `shown` is how the
  /// sentence calls the field.
  void wrong_type(std::string_view field, std::string_view shown,
                  const boost::json::value& value, std::string_view expected);

  /// Of the right JSON type, but not in the format asked for.
  void malformed(std::string_view field, const boost::json::value& value,
                 std::string_view detail);

  bool empty() const {
    return causes_.empty();
  }

  /// All causes so far.
  const std::vector<error_cause>& causes() const {
    return causes_;
  }

  /// The 422 for an object of the kind.
  api_error to_error(const kind_info& kind, std::string_view name) const;

private:
  void add(std::string_view reason, std::string_view field,
           std::string message);

  std::vector<error_cause> causes_;
};

/// 404 for an object.
api_error not_found(const kind_info& kind, std::string_view name);

/// 404 for a path that serves nothing.
api_error no_such_path();

/// 422 without a word about why, as for a JSON patch that cannot be done.
api_error rejected();

/// 422 for query parameters; `kind` is `ListOptions` or `PatchOptions`.
api_error bad_options(std::string_view kind, const field_errors& errors);

/// 500.
api_error internal_error(std::string message);

/// 409 AlreadyExists.
api_error already_exists(const kind_info& kind, std::string_view name);

/// 409 Conflict with the given explanation.
api_error conflict(const kind_info& kind, std::string_view name,
                   std::string_view why);

/// 409 for an update that names another UID than the stored one; an absent
/// object has an empty one.
api_error foreign_uid(const kind_info& kind, std::string_view ns,
                      std::string_view name, std::string_view wanted,
                      std::string_view stored);

/// 409 Conflict for a resourceVersion that is not the newest.
api_error stale_version(const kind_info& kind, std::string_view name);

/// 400.
api_error bad_request(std::string message);

/// 403.
api_error forbidden(const kind_info& kind, std::string_view name,
                    std::string_view why);

/// 405.
api_error method_not_allowed();

/// 410 with reason Expired.
api_error expired(std::string message);

/// 415 for a body in a format that the verb does not take.
api_error unsupported_media_type(std::string_view accepted);

/// 501 that names what is not modelled.
api_error not_modelled(std::string_view what);

/// The Status object.
boost::json::object to_status(const api_error& why);

/// The Status of a delete that went through.
boost::json::object success_status(const kind_info& kind,
                                   const boost::json::value& object);

} // namespace holystone::simulator
