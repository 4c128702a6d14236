#pragma once

// What the inspection shows, as JSON. Pure; called by the inspector. Facts are
// listed field by field, so nothing gets out that was not meant to.

#include "actors/messages.hpp"
#include "actors/why.hpp"

#include <boost/json.hpp>

namespace holystone::actors {

/// The actor tree, repositories included, and what people must know of the
/// cluster.
boost::json::value to_json(const std::vector<actor_view>& actors,
                           const registry_view& registry);

/// One line of the list of repositories.
boost::json::object brief_json(const repository_view& view);

/// Everything about one repository.
boost::json::object to_json(const repository_view& view);

/// Why nothing runs, of an object of this repository.
boost::json::object why_json(const repository_view& view,
                             const explanation& found);

/// What readiness waits for, and what people must know all the same.
boost::json::object readiness_json(const registry_view& view);

} // namespace holystone::actors
