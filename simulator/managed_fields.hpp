#pragma once

// Who owns which field: reading, writing and keeping `metadata.managedFields`
// over updates and server-side applies. Pure over objects; it decides
// conflicts and removals but validates nothing. Used by the write verbs.

#include "scheduler/time.hpp"
#include "simulator/api_error.hpp"
#include "simulator/field_set.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace holystone::simulator {

struct write_context;

/// One entry of managedFields.
struct manager_entry {
  std::string manager;
  std::string operation;
  std::string api_version;
  std::string subresource;
  std::string time;
  field_set fields;

  /// Is it the entry that this write belongs to?
  bool is_of(const write_context& how, std::string_view version) const;
};

/// Reads an object's entries; false when one is malformed.
bool read_managers(const boost::json::value& object,
                   std::vector<manager_entry>& out);

/// Writes the entries into an object, sorted as the server sorts them.
void write_managers(std::vector<manager_entry> managers,
                    boost::json::value& object);

/// Records an update from `before` (null for a creation) to `after`. What
/// `after` brings as managedFields replaces the entries first, as clients use
/// it to take over fields; an empty entry resets them.
void track_update(const kind_info& kind, const boost::json::value& before,
                  boost::json::value& after, const write_context& how);

/// Server-side apply of `wanted` on `before`: the new object, or the 409 that
/// lists each foreign owner of a changed field.
answer<boost::json::value> apply_fields(const kind_info& kind,
                                        const boost::json::value& before,
                                        const boost::json::value& wanted,
                                        const write_context& how);

/// The schema that decides on the ownership of a kind's fields.
const schema_node* schema_of(const kind_info& kind);

} // namespace holystone::simulator
