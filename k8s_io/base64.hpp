#pragma once

// Base64 as kubeconfigs and Secrets carry it (RFC 4648 section 4). Not the
// URL alphabet. Used by credentials and by readers of Secrets.

#include <optional>
#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// The bytes that `text` stands for; nothing when it holds other characters
/// than the alphabet's, padding at its end and white space.
std::optional<std::string> from_base64(std::string_view text);

/// `bytes` in the alphabet of RFC 4648, padded.
std::string to_base64(std::string_view bytes);

} // namespace holystone::k8s_io
