#pragma once

// What the operator on a stage answers to an HTTP exchange, without a socket.
// Included by the tests of this folder.

#include "stage.hpp"

#include <memory>
#include <string>
#include <utility>

namespace holystone::actors {

/// An exchange that keeps its answer.
struct recorder : metrics::http_exchange {
  metrics::http_request asked;
  int status = 0;
  std::string body;

  const metrics::http_request& request() const override {
    return asked;
  }
  void respond(metrics::http_response answer) override {
    status = answer.status;
    body = std::move(answer.body);
  }
  std::shared_ptr<metrics::http_stream> stream(int, std::string,
                                               metrics::http_headers) override {
    return nullptr;
  }
};

/// What the inspection answers.
inline std::shared_ptr<recorder> ask(stage& s, std::string target) {
  auto exchange = std::make_shared<recorder>();
  exchange->asked.method = "GET";
  exchange->asked.target = std::move(target);
  caf::anon_send(s.top, http_atom::value, exchange_ptr{exchange});
  s.settle();
  return exchange;
}

} // namespace holystone::actors
