#pragma once

// Sets of field paths, as `metadata.managedFields` records them (FieldsV1):
// which fields of an object somebody owns. A set is a tree whose edges are
// path elements (`f:name`, `k:{"name":"x"}`, `v:"x"`). It knows schemas only
// to decide what is one field and what is many. Used by server-side apply and
// by the tracking of updates.

#include "simulator/schema.hpp"

#include <boost/json.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::simulator {

/// A set of paths.
struct field_set {
  /// Is the path that leads here in the set?
  bool member = false;
  std::map<std::string, field_set, std::less<>> children;

  friend bool operator==(const field_set&, const field_set&) = default;

  /// Holds no path?
  bool empty() const;

  /// Adds all paths of another set.
  void unite(const field_set& other);

  /// Removes all paths of another set.
  void subtract(const field_set& other);

  /// The paths that both hold.
  field_set intersect(const field_set& other) const;

  /// Removes branches without a member.
  void prune();
};

/// Reads FieldsV1; false when it is none.
bool read_field_set(const boost::json::value& fields, field_set& out);

/// Writes FieldsV1.
boost::json::object write_field_set(const field_set& set);

/// All paths as users read them, e.g. `.spec.containers[name="x"].image`.
std::vector<std::string> describe_paths(const field_set& set);

/// The fields that an object sets.
field_set fields_of(const boost::json::value& object,
                    const schema_node* schema);

/// How two states of an object differ.
struct field_changes {
  field_set added;
  field_set removed;
  field_set modified;
};

/// Compares two states.
field_changes compare_fields(const boost::json::value& before,
                             const boost::json::value& after,
                             const schema_node* schema);

/// Overlays `over` on `base` as server-side apply merges a configuration.
void merge_fields(boost::json::value& base, const boost::json::value& over,
                  const schema_node* schema);

/// Removes the fields of a set from an object, unless a path of `kept` is at
/// or below them.
void remove_fields(boost::json::value& object, const field_set& gone,
                   const field_set& kept, const schema_node* schema);

/// The path element of an item of a list of type set or map; empty when a
/// key is missing.
std::string path_element(const boost::json::value& item,
                         const schema_node& list);

/// Takes as many levels apart as the schema allows: true for structs and maps
/// that are owned field by field.
bool is_granular(const boost::json::value& value, const schema_node* schema);

} // namespace holystone::simulator
