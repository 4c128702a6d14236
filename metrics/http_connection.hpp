// One connection of the HTTP server, from the handshake to the farewell, as a
// coroutine on the server's only thread. Included by http_server.cpp and by
// nothing else: everything that Boost.Beast needs to compile stays in that one
// translation unit.
#pragma once

#include "metrics/http_guests.hpp"
#include "metrics/http_messages.hpp"

#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>

#include <array>

namespace holystone::metrics {

using plain_socket = tcp::socket;
using tls_socket = beast::ssl_stream<tcp::socket>;
using namespace std::chrono_literals;

// One piece of a stream: large enough to be cheap, small enough that a slow
// peer shows progress within the write timeout.
constexpr std::size_t piece_size = 256 * 1024;

// However a stream ends, and be it with its coroutine, it is finished.
struct stream_end {
  std::shared_ptr<stream_queue> queue;

  ~stream_end() {
    queue->finish();
  }
};

template <class Socket>
class connection final
    : public guest,
      public std::enable_shared_from_this<connection<Socket>> {
public:
  template <class... Extra>
  connection(std::shared_ptr<surroundings> around, plain_socket socket,
             Extra&... extra)
      : guest(std::move(around)), socket_(std::move(socket), extra...),
        watchdog_(socket_.get_executor()), peer_(peer_name(lowest())) {
    // nop
  }

  asio::awaitable<void> run() {
    auto self = this->shared_from_this();
    error ec;
    if constexpr (std::is_same_v<Socket, tls_socket>) {
      arm(limits().read_timeout);
      co_await socket_.async_handshake(asio::ssl::stream_base::server,
                                       into(ec));
    }
    auto polite = false;
    while (!ec) {
      polite = true;
      auto more = co_await serve_one(ec);
      if (!more)
        break;
    }
    if (polite && !ec)
      co_await say_goodbye();
    close();
  }

  void close() override {
    error ignored;
    stop_waiting();
    watchdog_.cancel();
    lowest().close(ignored);
  }

private:
  plain_socket& lowest() {
    if constexpr (std::is_same_v<Socket, tls_socket>)
      return socket_.next_layer();
    else
      return socket_;
  }

  // It's the client's turn: cuts the connection unless `disarm` or the next
  // `arm` comes in time.
  void arm(std::chrono::milliseconds limit) {
    start_waiting();
    watchdog_.expires_after(limit);
    watchdog_.async_wait([self = this->shared_from_this()](const error& ec) {
      // An expiry that was queued already is stale after another `arm`.
      if (!ec && self->watchdog_.expiry() <= std::chrono::steady_clock::now())
        self->close();
    });
  }

  void disarm() {
    stop_waiting();
    watchdog_.expires_at(std::chrono::steady_clock::time_point::max());
  }

  // True when the connection may carry another request; `ec` is set when it
  // is dead and no farewell is due.
  asio::awaitable<bool> serve_one(error& ec) {
    if (buffer_.size() == 0) {
      arm(limits().idle_timeout);
      auto space = buffer_.prepare(4096);
      auto size = co_await socket_.async_read_some(space, into(ec));
      buffer_.commit(size);
      if (ec)
        co_return false;
    }
    http::request_parser<http::string_body> parser;
    error refused;
    co_await read(parser, refused);
    if (refused) {
      if (refused.category() == asio::error::get_system_category()
          || refused == http::error::end_of_stream
          || refused == http::error::partial_message)
        ec = refused;
      else
        co_await write(refusal(refused), false, false, ec);
      co_return false;
    }
    disarm();
    auto request = parser.release();
    auto keep = request.keep_alive();
    auto head = request.method() == http::verb::head;
    auto version = request.version();
    auto answer = co_await ask(std::move(request));
    if (auto* whole = std::get_if<http_response>(&answer)) {
      answer_share share{*around_, *whole};
      if (share.is_too_much())
        *whole = {.status = 503, .body = "too many answers are not taken\n"};
      co_await write(std::move(*whole), keep, head, ec);
      co_return keep && !ec;
    }
    co_await pour(std::get<stream_start>(std::move(answer)), version == 10,
                  head, ec);
    co_return false;
  }

  asio::awaitable<void> read(http::request_parser<http::string_body>& parser,
                             error& ec) {
    parser.header_limit(static_cast<std::uint32_t>(limits().header_bytes));
    parser.body_limit(limits().body_bytes);
    arm(limits().read_timeout);
    co_await http::async_read_header(socket_, buffer_, parser, into(ec));
    if (ec)
      co_return;
    arm(limits().read_timeout);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      auto bytes = asio::buffer(go_on.data(), go_on.size());
      co_await asio::async_write(socket_, bytes, into(ec));
      if (ec)
        co_return;
    }
    co_await http::async_read(socket_, buffer_, parser, into(ec));
  }

  // Lets the handler answer, or answers in its place at the deadline.
  asio::awaitable<answer_slot::answer>
  ask(http::request<http::string_body> request) {
    auto wake = waker(around_->gate, bell_);
    auto slot = std::make_shared<answer_slot>(wake);
    auto exchange = make_exchange(convert(std::move(request), peer_), slot,
                                  around_->gate, wake, limits().stream_buffer);
    auto until = std::chrono::steady_clock::time_point::max();
    if (limits().exchange_deadline > 0ms)
      until = std::chrono::steady_clock::now() + limits().exchange_deadline;
    try {
      around_->handle(exchange);
    } catch (const std::exception&) {
      slot->put(http_response{.status = 500, .body = "internal error\n"});
    }
    exchange.reset(); // from here on it is the handler's alone
    while (!slot->is_answered()) {
      if (std::chrono::steady_clock::now() >= until)
        slot->put(http_response{.status = 504, .body = "no answer in time\n"});
      else
        co_await bell_->wait(until);
    }
    co_return slot->take();
  }

  asio::awaitable<void> write(http_response from, bool keep, bool head,
                              error& ec) {
    http::response<http::string_body> to;
    fill_head(to, from.status, from.content_type, from.headers);
    to.keep_alive(keep);
    if (!has_no_body(from.status)) {
      to.content_length(from.body.size());
      if (!head)
        to.body() = std::move(from.body);
    }
    arm(limits().write_timeout);
    co_await http::async_write(socket_, to, into(ec));
  }

  asio::awaitable<void> pour(stream_start from, bool is_old, bool head,
                             error& ec) {
    stream_end at_end{from.queue};
    http::response<http::empty_body> to;
    fill_head(to, from.status, from.content_type, from.headers);
    to.keep_alive(false);
    to.chunked(!is_old);
    http::response_serializer<http::empty_body> serializer{to};
    arm(limits().write_timeout);
    co_await http::async_write_header(socket_, serializer, into(ec));
    if (ec || head)
      co_return;
    disarm();
    await_departure();
    for (;;) {
      auto portion = from.queue->take(piece_size);
      if (portion.is_aborted)
        ec = asio::error::operation_aborted;
      else if (is_peer_gone_)
        ec = asio::error::eof;
      else if (!portion.bytes.empty())
        co_await write_piece(portion.bytes, is_old, ec);
      if (ec)
        co_return;
      from.queue->written(portion.bytes.size());
      if (portion.is_last)
        break;
      if (portion.bytes.empty())
        co_await bell_->wait(std::chrono::steady_clock::time_point::max());
    }
    if (!is_old) {
      arm(limits().write_timeout);
      auto last = http::make_chunk_last();
      co_await asio::async_write(socket_, last, into(ec));
    }
  }

  asio::awaitable<void> write_piece(const std::string& bytes, bool is_old,
                                    error& ec) {
    arm(limits().write_timeout);
    auto body = asio::buffer(bytes);
    if (is_old) {
      co_await asio::async_write(socket_, body, into(ec));
    } else {
      auto chunk = http::make_chunk(body);
      co_await asio::async_write(socket_, chunk, into(ec));
    }
    disarm();
  }

  // While a stream runs nothing is expected from the peer but its end.
  void await_departure() {
    socket_.async_read_some(
        asio::buffer(scratch_),
        [self = this->shared_from_this()](const error& ec, std::size_t) {
          if (!ec)
            return self->await_departure();
          self->is_peer_gone_ = true;
          self->bell_->timer.cancel();
        });
  }

  // Closing while the peer still sends (a refused body) would reset the
  // connection, and the peer might never see our answer.
  asio::awaitable<void> say_goodbye() {
    error ec;
    arm(2s);
    if constexpr (std::is_same_v<Socket, tls_socket>)
      co_await socket_.async_shutdown(into(ec));
    lowest().shutdown(tcp::socket::shutdown_send, ec);
    while (!ec && !is_peer_gone_) {
      auto space = asio::buffer(farewell_);
      co_await lowest().async_read_some(space, into(ec));
    }
  }

  Socket socket_;
  asio::steady_timer watchdog_;
  std::string peer_;
  std::shared_ptr<signal> bell_
      = std::make_shared<signal>(socket_.get_executor());
  beast::flat_buffer buffer_;
  std::array<char, 512> scratch_{};
  std::array<char, 4096> farewell_{};
  bool is_peer_gone_ = false;
};

} // namespace holystone::metrics
