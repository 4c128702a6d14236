#pragma once

// The short hash by which repositories, locations and objects are named.

#include <string>
#include <string_view>

namespace holystone::scheduler {

/// The first 16 hex digits of a text's SHA-256.
std::string short_hash(std::string_view text);

} // namespace holystone::scheduler
