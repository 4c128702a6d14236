#pragma once

// Finds what somebody meant who mistyped a flag or a command. Called when the
// command line was refused.

#include <string>
#include <string_view>
#include <vector>

namespace holystone::cli {

/// The number of letters to insert, remove, replace or swap with their
/// neighbour to get from one word to the other.
std::size_t edit_distance(std::string_view from, std::string_view to);

/// The nearest of the words, or an empty string when there is none.
std::string nearest(std::string_view typed,
                    const std::vector<std::string>& words);

} // namespace holystone::cli
