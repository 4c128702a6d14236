#pragma once

// What happens to an object between its bytes and the rules of a write: the
// type meta, fields that no schema knows, nulls, types and defaults. It asks
// whether an object can be understood, not whether it is allowed. Called by
// the write verbs.

#include "simulator/api_error.hpp"
#include "simulator/server_core.hpp"

#include <boost/json.hpp>

namespace holystone::simulator {

/// Brings an object into the form in which it is stored; 400 for one that is
/// no object of the kind. Unknown fields are dropped with a warning, or
/// refused where the writer asked for that.
complaint normalise(const kind_info& kind, boost::json::value& object,
                    write_context& how);

/// An apply may only say what the schema knows, strict or not.
complaint refuse_unknown(const kind_info& kind, boost::json::value& wanted);

/// An apply has maps and lists where the schema has them.
complaint refuse_misshapen(const kind_info& kind,
                           const boost::json::value& wanted);

/// 500 for lists of an applied object whose items cannot be told apart.
complaint refuse_bad_lists(const kind_info& kind,
                           const boost::json::value& wanted);

} // namespace holystone::simulator
