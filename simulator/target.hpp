#pragma once

// What a request line asks for: kind, namespace, name, subresource and the
// query, decoded. Pure text work; whether the kind exists is decided later.
// Called once for every call.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holystone::simulator {

/// A request line, taken apart.
struct target {
  std::string group;
  std::string version;
  std::string plural;
  std::string ns;
  std::string name;
  std::string subresource;
  /// The old `/watch/` paths and `watch=true`.
  bool watch = false;
  std::map<std::string, std::string, std::less<>> query;

  /// A query parameter; empty when absent.
  std::string_view parameter(std::string_view name) const;

  /// Is a query parameter true (`1`, `true`, or given without a value)?
  bool flag(std::string_view name) const;
};

/// Takes a request line apart; nullopt for what is no object path.
std::optional<target> parse_target(std::string_view line);

/// Encodes text for use in a query.
std::string encode_query(std::string_view text);

} // namespace holystone::simulator
