#pragma once

// What most tests of the HTTP server serve: an echo on the loopback interface.

#include "metrics/http_server.hpp"

#include <chrono>
#include <memory>

namespace holystone::test {

/// A server of its own port that only this machine reaches. No machine is too
/// busy for its times; a test of one of them sets a shorter one.
inline metrics::http_options local() {
  constexpr std::chrono::minutes long_enough{5};
  return {.address = "127.0.0.1",
          .limits = {.read_timeout = long_enough,
                     .write_timeout = long_enough,
                     .idle_timeout = long_enough,
                     .exchange_deadline = long_enough}};
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
