// The web page at / of the inspection: plain files that are a part of the
// program (metrics/web), with headers that forbid it everything but itself.
#pragma once

#include "metrics/http_server.hpp"

#include <optional>
#include <string_view>

namespace holystone::metrics {

/// Is a part of the page at this path without its query? It tells nothing of
/// any cluster.
bool is_web_page(std::string_view path);

/// The file at a path without its query, e.g. `/` or `/page.js`; nothing: no
/// part of the page.
std::optional<http_response> web_page(std::string_view path);

} // namespace holystone::metrics
