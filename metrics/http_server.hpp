// A small HTTP/1.1 server: one thread, any number of connections, plain or
// TLS. It is not a router: the handler sees every well-formed request and
// decides about paths, methods and rights. The operator's inspector answers
// /metrics, /healthz, /readyz and /v1/* through it, the simulated cluster its
// whole API, watches included. Boost.Beast stays inside http_server.cpp.
//
//   http_server server{{.address = "::", .port = 8080},
//                      [](std::shared_ptr<http_exchange> exchange) {
//                        exchange->respond({.status = 200, .body = "ok\n"});
//                      }};
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holystone::metrics {

/// Header fields in the order sent; names compare without regard to case.
class http_headers {
public:
  using field = std::pair<std::string, std::string>;

  http_headers() = default;
  http_headers(std::initializer_list<field> fields) : fields_(fields) {
    // nop
  }

  /// Appends a field; a name may occur more than once.
  void add(std::string name, std::string value);

  /// The first value of `name`, or nothing.
  std::optional<std::string_view> find(std::string_view name) const;

  auto begin() const {
    return fields_.begin();
  }
  auto end() const {
    return fields_.end();
  }

private:
  std::vector<field> fields_;
};

/// A complete request; the body has been read within the limit.
struct http_request {
  std::string method;
  /// Path and query as sent, not decoded: path tricks are the handler's job.
  std::string target;
  http_headers headers;
  std::string body;
  /// The other end as `address:port`, IPv6 in brackets.
  std::string peer;
};

/// A whole answer. Content-Length, Date and Connection are added.
struct http_response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  http_headers headers = {};
  std::string body = {};
};

/// An answer without a known end (chunked), written to from any thread. When
/// the last reference is dropped it is closed. The connection ends with it.
class http_stream {
public:
  virtual ~http_stream() = default;

  /// Queues a chunk; false when nothing was taken because the peer is gone or
  /// the chunk does not fit into `http_limits::stream_buffer`. A chunk always
  /// fits into an empty buffer. One write is one chunk or part of one.
  virtual bool write(std::string chunk) = 0;

  /// Ends the answer after all queued chunks; further calls do nothing.
  virtual void close() = 0;

  /// Cuts the connection without the closing chunk, as a dying server would.
  virtual void abort() = 0;

  /// False once the peer is gone or the stream was closed.
  virtual bool is_open() const = 0;

  /// Bytes queued and not yet handed to the kernel.
  virtual std::size_t backlog() const = 0;

  /// Runs `callback` once on the HTTP thread when the stream has ended in
  /// whatever way; soon when it already has. When the server's destruction ends
  /// it, the callback runs within that. It replaces an earlier callback.
  virtual void on_closed(std::function<void()> callback) = 0;
};

/// One request and the duty to answer it once, from any thread. If the last
/// reference is dropped unanswered, the client gets 503 at once; if nothing
/// happens within `http_limits::exchange_deadline`, it gets 504.
class http_exchange {
public:
  virtual ~http_exchange() = default;

  /// What was asked.
  virtual const http_request& request() const = 0;

  /// Answers; a second answer and one after the deadline are dropped.
  virtual void respond(http_response response) = 0;

  /// Answers with a stream; after the deadline, or when the exchange was
  /// answered before, the stream returned is closed already.
  virtual std::shared_ptr<http_stream>
  stream(int status, std::string content_type, http_headers headers = {}) = 0;
};

/// What clients may cost. Unless told otherwise it is little, because whoever
/// reaches the port may use it up.
struct http_limits {
  /// Request line and header fields: above it the client gets 431.
  std::size_t header_bytes = 16 * 1024;
  /// Request body: above it the client gets 413, before it is read when its
  /// length was announced.
  std::size_t body_bytes = 0;
  /// Queued chunks of one stream, see `http_stream::write`.
  std::size_t stream_buffer = 4 * 1024 * 1024;
  /// Whole answers above 64 KiB that their readers have not taken, added up;
  /// one alone may be larger. Beyond it the client gets 503.
  std::size_t answer_bytes = 32 * 1024 * 1024;
  /// Connections at a time. A further one takes the place of the one that has
  /// waited for its client longest; it waits while all are being answered.
  std::size_t connections = 64;
  /// For the handshake, the whole header, and then the whole body.
  std::chrono::milliseconds read_timeout{10'000};
  /// For the peer to take an answer, or one piece of a stream.
  std::chrono::milliseconds write_timeout{30'000};
  /// Between two requests on one connection.
  std::chrono::milliseconds idle_timeout{120'000};
  /// From the request to the answer; zero means none.
  std::chrono::milliseconds exchange_deadline{30'000};
};

/// A certificate chain and its key, both PEM.
struct http_tls {
  std::string certificate;
  std::string key;

  /// Reads both files; throws std::runtime_error naming the one it cannot.
  static http_tls from_files(const std::string& certificate_file,
                             const std::string& key_file);

  friend bool operator==(const http_tls&, const http_tls&) = default;
};

/// Where to listen and what to allow.
struct http_options {
  /// A numeric address; "::" is IPv4 as well, or 0.0.0.0 without IPv6.
  std::string address = "::";
  /// Zero takes a free port, see `http_server::port`.
  std::uint16_t port = 0;
  std::optional<http_tls> tls = {};
  http_limits limits = {};
};

/// Listens from its construction to its destruction.
class http_server {
public:
  /// Runs on the HTTP thread and must not block; a handler that throws gives
  /// the client 500.
  using handler = std::function<void(std::shared_ptr<http_exchange>)>;

  /// Throws std::runtime_error naming the address or the certificate when it
  /// cannot listen.
  http_server(http_options options, handler handle);

  /// Cuts all connections and joins the thread; no callback runs afterwards.
  /// Exchanges and streams may outlive the server and then do nothing. Must
  /// not be called from a callback.
  ~http_server();

  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// The port listened on.
  std::uint16_t port() const;

  /// Shows who connects from now on another certificate; connections that are
  /// there keep theirs. False when it is the same as before. Throws
  /// std::runtime_error naming what is wrong, and goes on with the one before.
  /// Only for a server with TLS, and only on the HTTP thread.
  bool renew(http_tls certificate);

  /// Runs `task` on the HTTP thread, after what was posted before it.
  void post(std::function<void()> task);

  /// Runs `task` on the HTTP thread again and again, with `interval` between
  /// the end of one run and the start of the next.
  void every(std::chrono::milliseconds interval, std::function<void()> task);

private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

/// A handler for pages that can only be read: whatever is neither GET nor HEAD
/// gets 405.
http_server::handler read_only(http_server::handler handle);

} // namespace holystone::metrics
