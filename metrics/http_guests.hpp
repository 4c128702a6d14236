// Who is inside: what the connections of a server share, and which of them
// waits for its client, so that a newcomer can take the place of the one that
// waits longest. Knows no protocol. Internal to http_server.cpp, whose loop's
// thread alone touches it.
#pragma once

#include "metrics/http_exchange.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>

namespace holystone::metrics {

namespace asio = boost::asio;
using error = boost::system::error_code;

/// Makes a coroutine store the error instead of throwing it.
inline auto into(error& ec) {
  return asio::redirect_error(asio::use_awaitable, ec);
}

// Something a coroutine waits for; the loop's thread alone touches it.
struct signal {
  explicit signal(const asio::any_io_executor& loop) : timer(loop) {
    // nop
  }

  // Returns when woken or when `until` has come.
  asio::awaitable<void> wait(std::chrono::steady_clock::time_point until) {
    error ignored;
    timer.expires_at(until);
    co_await timer.async_wait(into(ignored));
  }

  asio::steady_timer timer;
};

// A call for other threads. It must not own the signal: an exchange may
// outlive the loop, and a timer may not.
inline std::function<void()> waker(const std::shared_ptr<loop_gate>& gate,
                                   const std::shared_ptr<signal>& target) {
  return [gate, weak = std::weak_ptr<signal>{target}] {
    gate->post([weak] {
      if (auto alive = weak.lock())
        alive->timer.cancel();
    });
  };
}

class guest;

// What all connections of a server share.
struct surroundings {
  http_limits limits;
  http_server::handler handle;
  std::shared_ptr<loop_gate> gate;
  /// Woken when a connection ends; null once the loop comes down.
  std::shared_ptr<signal> room;
  std::size_t connections = 0;
  /// Those that wait for their clients, the longest first.
  std::list<guest*> waiting = {};
  /// Of large answers that are being written.
  std::size_t answer_bytes = 0;
};

// One connection, as the others see it.
class guest {
public:
  explicit guest(std::shared_ptr<surroundings> around)
      : around_(std::move(around)) {
    ++around_->connections;
  }

  guest(const guest&) = delete;
  guest& operator=(const guest&) = delete;

  virtual ~guest() {
    stop_waiting();
    --around_->connections;
    if (around_->room)
      around_->room->timer.cancel();
  }

  // Cuts the connection; what waits in it ends soon.
  virtual void close() = 0;

protected:
  const http_limits& limits() const {
    return around_->limits;
  }

  void start_waiting() {
    stop_waiting();
    place_ = around_->waiting.insert(around_->waiting.end(), this);
  }

  void stop_waiting() {
    if (place_)
      around_->waiting.erase(*place_);
    place_.reset();
  }

  std::shared_ptr<surroundings> around_;

private:
  std::optional<std::list<guest*>::iterator> place_;
};

// The part of the bytes that readers may leave untaken which one answer holds
// while it is written.
class answer_share {
public:
  answer_share(surroundings& around, const http_response& answer)
      : around_(around), size_(answer.body.size()) {
    // Small ones, health above all, are always given.
    if (size_ <= 64 * 1024)
      size_ = 0;
    is_too_much_
        = size_ > 0 && around_.answer_bytes > 0
          && around_.answer_bytes + size_ > around_.limits.answer_bytes;
    if (is_too_much_)
      size_ = 0;
    around_.answer_bytes += size_;
  }

  answer_share(const answer_share&) = delete;
  answer_share& operator=(const answer_share&) = delete;

  ~answer_share() {
    around_.answer_bytes -= size_;
  }

  bool is_too_much() const {
    return is_too_much_;
  }

private:
  surroundings& around_;
  std::size_t size_;
  bool is_too_much_ = false;
};

} // namespace holystone::metrics
