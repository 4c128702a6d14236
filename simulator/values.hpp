#pragma once

// Small facts about single values that several validations need: date-times,
// text lengths, quantities. No JSON, no errors. Used by the schema
// checks and the defaults of built-in kinds.

#include <string>
#include <string_view>

namespace holystone::simulator {

/// Is it an RFC 3339 date-time?
bool is_date_time(std::string_view text);

/// The length in Unicode code points.
std::size_t count_code_points(std::string_view text);

/// Is it a resource quantity such as `100m` or `8Gi`?
bool is_quantity(std::string_view text);

} // namespace holystone::simulator
