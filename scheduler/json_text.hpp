#pragma once

// Writes compact JSON whose bytes never change: the text that identities are
// hashed from and the options that kopia is given. It is not a JSON library
// (it cannot read, and knows objects of scalars only); messages to the API
// server are made with Boost.JSON in k8s_io.

#include <string>
#include <string_view>

namespace holystone::scheduler {

/// A quoted JSON string; `"`, `\` and control characters are escaped, all
/// other bytes stand as they are.
std::string json_string(std::string_view text);

/// Collects the members of one object in the order of the calls.
class json_object {
public:
  /// Adds a string unless it is empty.
  json_object& text(std::string_view key, std::string_view value);

  /// Adds `true`; a false one is left out.
  json_object& flag(std::string_view key, bool value);

  /// Adds a whole number.
  json_object& number(std::string_view key, long value);

  /// Adds a value that is JSON already.
  json_object& raw(std::string_view key, std::string_view json);

  /// The object, closed.
  std::string str() const;

private:
  std::string members_;
};

} // namespace holystone::scheduler
