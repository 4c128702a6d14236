#pragma once

// Deletion's aftermath: dependents of deleted owners, foreground and orphaning
// deletion, the emptying of namespaces, the expiry of events. It works off
// what was written since its last round and makes ordinary deletes and
// updates. Called by `api_server::step`.

#include "simulator/server_core.hpp"

#include <boost/json.hpp>

#include <functional>
#include <string_view>

namespace holystone::simulator {

/// Makes an Event of type Warning about an object.
using tell_event
    = std::function<void(const boost::json::value& about,
                         std::string_view reason, std::string_view message)>;

/// One round; returns when the next event expires.
std::optional<instant> collect_garbage(server_core& core, instant now,
                                       const tell_event& tell);

} // namespace holystone::simulator
