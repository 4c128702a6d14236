#pragma once

// The three patch formats that change a JSON value without ownership: merge
// patch (RFC 7386), JSON patch (RFC 6902) and the strategic merge patch of
// Kubernetes. Pure; server-side apply is managed_fields.hpp. Called by the
// request router.

#include "simulator/api_error.hpp"
#include "simulator/schema.hpp"

#include <boost/json.hpp>

namespace holystone::simulator {

/// RFC 7386.
void merge_patch(boost::json::value& target, const boost::json::value& patch);

/// RFC 6902; 422 when an operation cannot be done, 400 when it is none.
complaint json_patch(boost::json::value& target,
                     const boost::json::value& patch);

/// Strategic merge: lists merge by the keys of the schema, `$patch`,
/// `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder` work.
complaint strategic_patch(boost::json::value& target,
                          const boost::json::value& patch,
                          const schema_node& schema);

} // namespace holystone::simulator
