#pragma once

// How cron texts fall into words. It knows no field and no number. Called by
// the parser and by the resolution of `H` only, which must agree on it.

#include <string>
#include <string_view>
#include <vector>

namespace holystone::scheduler {

/// The parts between separators, empty ones too; never an empty vector.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The words between runs of Unicode white space, as Go's `strings.Fields`.
std::vector<std::string_view> split_words(std::string_view text);

/// The text without Unicode white space at both ends.
std::string_view trim(std::string_view text);

/// The text in quotes, its middle cut out when it is long; for messages.
std::string quoted(std::string_view text);

} // namespace holystone::scheduler
