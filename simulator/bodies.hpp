#pragma once

// Bodies of requests as JSON values: JSON, YAML where it is allowed, and the
// protobuf in which kubectl sends the objects of built-in kinds. Also the
// choice among the forms that a client accepts. Used by the router.

#include "simulator/api_error.hpp"
#include "simulator/kinds.hpp"
#include "simulator/server_core.hpp"

#include <boost/json.hpp>

#include <string_view>

namespace holystone::simulator {

/// The media type without parameters, in lower case.
std::string media_type(std::string_view content_type);

/// The body of a create, update or delete; null when empty.
answer<boost::json::value> decode_body(const call& what);

/// The body of a server-side apply.
answer<boost::json::value> decode_yaml(std::string_view body);

/// An object in the protobuf encoding with its `k8s\0` envelope.
answer<boost::json::value> decode_protobuf(std::string_view body);

/// What the Accept header asks for; 406 when nothing of it is served.
answer<rendering> choose_rendering(std::string_view accept);

} // namespace holystone::simulator
