#pragma once

// Reads a compressed answer part by part, so that a long list is never in
// memory as text: a thousand CronJobs are 7 MB of it and less than a tenth of
// that on the wire. It compresses nothing. Called by list_pages.hpp and, for
// what a refusal says, by the transport.

#include "scheduler/result.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace holystone::k8s_io {

/// Takes the next part of a text; an error ends the reading.
using part_taker = std::function<std::optional<error>(std::string_view part)>;

/// Calls `take` with the text of an answer's body in parts of bounded size, or
/// with the body itself when that is not compressed. Fails when the compressed
/// data are broken or cut, or as `take` does.
std::optional<error> for_each_part(std::string_view body,
                                   const part_taker& take);

} // namespace holystone::k8s_io
