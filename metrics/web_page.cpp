#include "metrics/web_page.hpp"

#include "web_files.hpp"

#include <algorithm>
#include <array>

namespace holystone::metrics {

namespace {

struct file {
  std::string_view path;
  std::string_view type;
  std::string_view text;
};

constexpr std::array files{
    file{"/", "text/html; charset=utf-8", web_files::index_html},
    file{"/door.js", "text/javascript; charset=utf-8", web_files::door_js},
    file{"/openapi.json", "application/json", web_files::openapi_json},
    file{"/page.css", "text/css; charset=utf-8", web_files::page_css},
    file{"/page.js", "text/javascript; charset=utf-8", web_files::page_js},
};

/// Nothing from elsewhere, nothing written in the page itself, no frame.
constexpr std::string_view policy
    = "default-src 'none'; script-src 'self'; style-src 'self'; "
      "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'";

} // namespace

bool is_web_page(std::string_view path) {
  return std::ranges::find(files, path, &file::path) != files.end();
}

std::optional<http_response> web_page(std::string_view path) {
  for (const auto& one : files)
    if (one.path == path)
      return http_response{200,
                           std::string{one.type},
                           {{"Content-Security-Policy", std::string{policy}},
                            {"X-Content-Type-Options", "nosniff"},
                            {"Referrer-Policy", "no-referrer"},
                            {"Cache-Control", "no-cache"}},
                           std::string{one.text}};
  return std::nullopt;
}

} // namespace holystone::metrics
