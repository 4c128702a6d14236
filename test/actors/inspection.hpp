#pragma once

// What the operator on a stage answers to an HTTP exchange, without a socket.
// Included by the tests of this folder.

#include "stage.hpp"
#include "test/metrics/recorded_stream.hpp"

#include <memory>
#include <string>
#include <utility>

namespace holystone::actors {

/// What the inspection answers.
inline std::shared_ptr<metrics::recorded_exchange> ask(stage& s,
                                                       std::string target) {
  auto exchange = std::make_shared<metrics::recorded_exchange>();
  exchange->asked.method = "GET";
  exchange->asked.target = std::move(target);
  caf::anon_send(s.top, http_atom::value, exchange_ptr{exchange});
  s.settle();
  return exchange;
}

} // namespace holystone::actors
