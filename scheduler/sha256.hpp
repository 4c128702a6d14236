#pragma once

#include <array>
#include <string_view>

namespace holystone::scheduler {

/// A digest as bytes.
using sha256_digest = std::array<unsigned char, 32>;

/// The SHA-256 of a text.
sha256_digest sha256(std::string_view text);

} // namespace holystone::scheduler
