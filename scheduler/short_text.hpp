#pragma once

// Texts of others that may be too long for where they go: a condition, an
// Event, a termination message. Cutting is all it does. Called by whoever
// writes such a place.

#include <cstddef>
#include <string>
#include <string_view>

namespace holystone::scheduler {

/// At most so many bytes of the text, and never half a UTF-8 character, with
/// which it would be no text to an API server.
std::string shorten(std::string_view text, std::size_t most);

} // namespace holystone::scheduler
