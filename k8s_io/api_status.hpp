#pragma once

// The `Status` object with which an API server explains a refusal, as an HTTP
// answer or inside a watch's ERROR event. Not the status of our objects. Read
// by the reflector, by back-off and by whoever must tell AlreadyExists from
// Conflict, which share the code 409.

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace holystone::k8s_io {

/// A Status, as far as we act on it.
struct api_status {
  /// The HTTP code; 0 when the text was no Status.
  int code = 0;
  /// One word for programs, e.g. `AlreadyExists`.
  std::string reason;
  /// A sentence for people; may quote the object, so never shown for Secrets.
  std::string message;
  /// The object that `details` names.
  std::string name;
  /// The fields that `details.causes` names.
  std::vector<std::string> fields;
  /// The reasons that `details.causes` names.
  std::vector<std::string> causes;

  /// Was the version that we asked for too new for the server?
  bool is_too_large_version() const;

  /// Is the version that we asked for forgotten, 410?
  bool is_expired() const;
};

/// Reads a Status; `code` stays 0 when `text` is something else, such as a
/// proxy's HTML page.
api_status parse_status(std::string_view text);

/// Reads a Status that is parsed already.
api_status to_status(const boost::json::object& object);

} // namespace holystone::k8s_io
