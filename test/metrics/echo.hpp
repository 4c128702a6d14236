#pragma once

// What most tests of the HTTP server serve: an echo on the loopback interface.

#include "metrics/http_server.hpp"

#include <memory>

namespace holystone::test {

/// A server of its own port that only this machine reaches.
inline metrics::http_options local() {
  return {.address = "127.0.0.1"};
}

/// Tells what it was asked.
inline void echo(const std::shared_ptr<metrics::http_exchange>& exchange) {
  const auto& request = exchange->request();
  exchange->respond({.status = 200,
                     .content_type = "text/x-echo",
                     .headers = {{"X-Method", request.method}},
                     .body = request.target + "|" + request.body});
}

} // namespace holystone::test
