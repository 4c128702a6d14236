#pragma once

// A stream of an HTTP answer that keeps what was written to it. Included by
// tests of who tells onlookers.

#include "metrics/http_server.hpp"

#include <string>
#include <utility>

namespace holystone::metrics {

/// Takes everything until the test lets the peer go or be slow.
struct recorded_stream : http_stream {
  std::string text;
  bool is_slow = false;
  bool is_over = false;
  bool is_cut = false;

  bool write(std::string chunk) override {
    if (is_slow || is_over)
      return false;
    text += chunk;
    return true;
  }
  void close() override {
    is_over = true;
  }
  void abort() override {
    is_over = true;
    is_cut = true;
  }
  bool is_open() const override {
    return !is_over;
  }
  std::size_t backlog() const override {
    return 0;
  }
  void on_closed(std::function<void()>) override {
    // nop
  }
};

/// An exchange that keeps its answer, whichever kind it is.
struct recorded_exchange : http_exchange {
  http_request asked;
  int status = 0;
  http_headers headers;
  std::string body;
  std::shared_ptr<recorded_stream> streamed;

  const http_request& request() const override {
    return asked;
  }
  void respond(http_response answer) override {
    status = answer.status;
    headers = std::move(answer.headers);
    body = std::move(answer.body);
  }
  std::shared_ptr<http_stream> stream(int code, std::string,
                                      http_headers) override {
    status = code;
    streamed = std::make_shared<recorded_stream>();
    return streamed;
  }
};

} // namespace holystone::metrics
