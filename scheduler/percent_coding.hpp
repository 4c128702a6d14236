#pragma once

// Percent-encoding as in URLs, the way back: what was encoded so, by us or by a
// client, is read again. Which characters need to be encoded is each writer's
// own business.

#include <string>
#include <string_view>

namespace holystone {

/// The text with `%41` read as `A`; what is no such triple stays as it is.
std::string percent_decoded(std::string_view text);

} // namespace holystone
