#pragma once

// The shape of a kind's objects: which fields exist, of what type, and how
// lists and maps are merged. One node type serves both the built-in kinds
// (read from a table of the API's types) and custom kinds (read from their
// CustomResourceDefinition). It carries no values. Used by server-side apply,
// strategic merge, pruning, validation and the protobuf reader.

#include <boost/json.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::simulator {

struct schema_node;
struct value_limits;

/// A field of a struct.
struct schema_field {
  const schema_node* node = nullptr;
  /// Number in the protobuf encoding; 0 for custom kinds.
  int number = 0;
  /// The fields of the node are fields of this struct in JSON.
  bool embedded = false;
};

/// The schema of one value.
struct schema_node {
  enum class shape {
    any,
    object,
    map,
    list,
    string,
    integer,
    number,
    boolean,
    bytes,
    quantity,
    int_or_string,
    time,
    micro_time
  };
  enum class list_type { atomic, set, map };

  shape what = shape::any;
  /// Name of the API type; for messages.
  std::string type_name;
  /// Fields of an object; embedded ones are under a name that no JSON has.
  std::map<std::string, schema_field, std::less<>> fields;
  /// Items of a list, values of a map.
  const schema_node* element = nullptr;
  /// Struct or map that has one owner as a whole.
  bool atomic = false;
  list_type items = list_type::atomic;
  /// Keys of a list of type map.
  std::vector<std::string> keys;
  // -- strategic merge patch --------------------------------------------------
  bool merges = false;
  std::string merge_key;
  bool retain_keys = false;
  // -- custom kinds -----------------------------------------------------------
  /// Unknown fields stay.
  bool keeps_unknown = false;
  bool nullable = false;
  std::shared_ptr<const value_limits> limits;

  /// The schema of a field, embedded structs included; null when unknown.
  const schema_node* field(std::string_view name) const;
};

/// Is the value of the JSON type that this shape asks for?
bool fits(const boost::json::value& value, schema_node::shape what);

/// Owns nodes, so that they may point at each other.
using schema_pool = std::deque<schema_node>;

/// The schema of a built-in kind; null when it has none (everything goes).
const schema_node* built_in_schema(std::string_view kind);

/// The schema of every object's metadata.
const schema_node* metadata_schema();

} // namespace holystone::simulator
