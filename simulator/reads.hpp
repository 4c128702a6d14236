#pragma once

// Lists and watches: the half of the API server that reads history. Paging is
// consistent (every page shows the state of the first), versions mean what
// say. It renders objects in the three forms that clients
// ask for. Called by the request router.

#include "simulator/server_core.hpp"
#include "simulator/target.hpp"

#include <string>
#include <vector>

namespace holystone::simulator {

/// A list as it is answered.
answer<std::string> list_objects(server_core& core, const kind_info& kind,
                                 const target& where, rendering form,
                                 instant now);

/// The objects that a deletecollection concerns.
answer<std::vector<object_key>>
select_objects(server_core& core, const kind_info& kind, const target& where);

/// Opens a watch; its id, or why not (410 before the first event).
answer<watch_id> open_watch(server_core& core, const kind_info& kind,
                            const target& where, rendering form);

/// The next events of a watch.
watch_batch pull_watch(server_core& core, watch_id id, std::size_t most);

/// One object in the form that the client asked for.
std::string render_object(const server_core& core, const kind_info& kind,
                          const boost::json::value& object, rendering form,
                          instant now);

/// The PartialObjectMetadata of an object.
boost::json::object metadata_of(const boost::json::value& object);

/// The rows of a Table for some objects; `columns` adds their definitions.
boost::json::object table_of(const kind_info& kind,
                             const std::vector<boost::json::value>& objects,
                             bool columns, rendering form, instant now);

} // namespace holystone::simulator
