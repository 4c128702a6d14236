#pragma once

// How an exchange is answered with JSON. Called by the inspector and the
// doorkeeper.

#include "actors/messages.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace holystone::actors {

/// Answers with `body` and a line's end.
void answer(const exchange_ptr& to, int status, const boost::json::value& body);

/// Answers `{"error": why}`; 401 says that a bearer token is wanted, 503 that
/// asking again soon makes sense.
void refuse(const exchange_ptr& to, int status, std::string_view why);

} // namespace holystone::actors
