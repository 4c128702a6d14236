#pragma once

// A peer that a test scripts byte by byte: it answers in pieces, cuts lines,
// says nothing, or redirects, which no proper HTTP server would do. Each
// connection runs the test's script on a thread of its own. Plain or TLS.

#include "certificates.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace holystone::test {

/// A request as it came.
struct raw_request {
  /// Request line and header fields, each with its line end.
  std::string head;
  std::string body;

  /// `GET /x`, the first two words.
  std::string line() const;
  /// The value of a field, in the letter case that curl sends; empty if none.
  std::string field(const std::string& name) const;
};

/// The server's end of one connection.
class raw_connection {
public:
  raw_connection(int socket, ssl_ctx_st* tls);
  ~raw_connection();

  /// The next request, or nothing when the client has closed.
  std::optional<raw_request> read_request();

  /// Sends these bytes; false when the client is gone.
  bool send(std::string_view bytes);

  /// Sends a whole answer.
  bool answer(int status, std::string_view body,
              std::string_view more_headers = {});

  /// Sends the head of an answer of unknown length.
  bool begin_stream(int status = 200);

  /// Sends one chunk of such an answer.
  bool chunk(std::string_view bytes);

  /// Waits until the client closes; false after ten seconds.
  bool wait_for_close();

  /// The common name of the client's certificate, if it showed one.
  std::string client_name() const;

  /// Breaks the connection from another thread.
  void interrupt();

private:
  std::ptrdiff_t receive(char* to, std::size_t size);

  int socket_;
  ssl_st* tls_ = nullptr;
  std::string unread_;
};

/// How to serve TLS.
struct raw_tls {
  certificate own;
  /// Ask clients for certificates of this authority; empty: don't ask.
  std::string client_authority;
};

/// Listens on a free port of 127.0.0.1 while it lives.
class raw_server {
public:
  using script = std::function<void(raw_connection&)>;

  explicit raw_server(script run, std::optional<raw_tls> tls = {});
  ~raw_server();

  /// `http://127.0.0.1:port`, or https.
  std::string url() const;

  std::uint16_t port() const noexcept {
    return port_;
  }

  /// Connections accepted so far.
  int accepted() const noexcept {
    return accepted_;
  }

private:
  void accept_all();

  script run_;
  ssl_ctx_st* tls_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::vector<std::shared_ptr<raw_connection>> connections_;
  std::vector<std::thread> threads_;
  bool is_stopping_ = false;
  std::thread acceptor_;
};

} // namespace holystone::test
