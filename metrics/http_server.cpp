#ifdef __SANITIZE_THREAD__
// TSan does not know Asio's fences, and nothing of ours relies on them.
#pragma GCC diagnostic ignored "-Wtsan"
#endif

#include "metrics/http_server.hpp"

#include "metrics/http_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include <csignal>
#include <new>
#include <stdexcept>
#include <thread>

namespace holystone::metrics {

namespace {

tcp::acceptor listen(asio::io_context& loop, const http_options& options) {
  error ec;
  auto address = asio::ip::make_address(options.address, ec);
  tcp::acceptor acceptor{loop};
  auto open = [&](const asio::ip::address& at) {
    tcp::endpoint end{at, options.port};
    acceptor.open(end.protocol(), ec);
    if (!ec && at.is_v6())
      acceptor.set_option(asio::ip::v6_only{!at.is_unspecified()}, ec);
    if (!ec)
      acceptor.set_option(tcp::acceptor::reuse_address{true}, ec);
    if (!ec)
      acceptor.bind(end, ec);
    if (!ec)
      acceptor.listen(asio::socket_base::max_listen_connections, ec);
  };
  if (!ec)
    open(address);
  if ((ec == asio::error::address_family_not_supported
       || ec == asio::error::no_protocol_option)
      && address.is_v6() && address.is_unspecified()) {
    error ignored;
    acceptor.close(ignored);
    open(asio::ip::address_v4::any());
  }
  if (ec)
    throw std::runtime_error{"cannot listen on " + options.address + " port "
                             + std::to_string(options.port) + ": "
                             + ec.message()};
  return acceptor;
}

std::optional<asio::ssl::context> make_tls(const std::optional<http_tls>& pem) {
  if (!pem)
    return std::nullopt;
  asio::ssl::context context{asio::ssl::context::tls_server};
  context.set_options(asio::ssl::context::no_tlsv1
                      | asio::ssl::context::no_tlsv1_1);
  error ec;
  context.use_certificate_chain(asio::buffer(pem->certificate), ec);
  if (ec)
    throw std::runtime_error{"TLS certificate: " + ec.message()
                             + ": give a PEM certificate chain"};
  context.use_private_key(asio::buffer(pem->key), asio::ssl::context::pem, ec);
  if (ec)
    throw std::runtime_error{"TLS key: " + ec.message()
                             + ": give the PEM key of the certificate"};
  // A key of another kind has a place of its own and is not compared before.
  if (SSL_CTX_check_private_key(context.native_handle()) != 1)
    throw std::runtime_error{"TLS key: it is not the certificate's: give the "
                             "PEM key of the certificate"};
  return context;
}

} // namespace

class http_server::implementation {
public:
  implementation(http_options options, handler handle)
      : shown_(options.tls), tls_(make_tls(shown_)),
        acceptor_(listen(*loop_, options)) {
    around_ = std::make_shared<surroundings>();
    around_->limits = options.limits;
    around_->handle = std::move(handle);
    around_->gate = std::make_shared<loop_gate>(
        [loop = loop_.get()](std::function<void()> task) {
          asio::post(*loop, std::move(task));
        });
    around_->room = std::make_shared<signal>(loop_->get_executor());
    port_ = acceptor_->local_endpoint().port();
    asio::co_spawn(*loop_, accept(), asio::detached);
    start();
  }

  ~implementation() {
    around_->gate->shut();
    loop_->stop();
    thread_.join();
    // Timers must not outlive the loop; what hangs in the loop may still look
    // at the surroundings while it is destroyed.
    acceptor_.reset();
    around_->room.reset();
    loop_.reset();
  }

  std::uint16_t port() const {
    return port_;
  }

  bool renew(http_tls certificate) {
    if (shown_ == certificate)
      return false;
    // A connection holds what it was made with.
    tls_ = make_tls(certificate);
    shown_ = std::move(certificate);
    return true;
  }

  void post(std::function<void()> task) {
    around_->gate->post(std::move(task));
  }

  void every(std::chrono::milliseconds interval, std::function<void()> task) {
    around_->gate->post([this, interval, task = std::move(task)]() mutable {
      asio::co_spawn(*loop_, repeat(interval, std::move(task)), asio::detached);
    });
  }

private:
  asio::awaitable<void> repeat(std::chrono::milliseconds interval,
                               std::function<void()> task) {
    signal pause{loop_->get_executor()};
    for (;;) {
      co_await pause.wait(std::chrono::steady_clock::now() + interval);
      // Memory that ran out once must not end it for good.
      try {
        task();
      } catch (const std::bad_alloc&) {
        continue;
      }
    }
  }

  // Signals are the main thread's affair.
  void start() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread{[this] {
      loop_->run();
    }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  asio::awaitable<void> accept() {
    for (;;) {
      error ec;
      auto socket = co_await acceptor_->async_accept(into(ec));
      if (ec) { // out of file descriptors, for example
        co_await around_->room->wait(std::chrono::steady_clock::now() + 100ms);
        continue;
      }
      co_await make_room();
      welcome(std::move(socket));
    }
  }

  asio::awaitable<void> make_room() {
    while (around_->connections >= around_->limits.connections) {
      if (!around_->waiting.empty())
        around_->waiting.front()->close();
      // Nobody may be waiting for a client now, and somebody soon.
      co_await around_->room->wait(std::chrono::steady_clock::now() + 100ms);
    }
  }

  void welcome(plain_socket socket) {
    error ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    socket.set_option(asio::socket_base::keep_alive{true}, ignored);
    if (tls_)
      spawn(std::make_shared<connection<tls_socket>>(around_, std::move(socket),
                                                     *tls_));
    else
      spawn(std::make_shared<connection<plain_socket>>(around_,
                                                       std::move(socket)));
  }

  template <class Connection>
  void spawn(std::shared_ptr<Connection> one) {
    asio::co_spawn(
        *loop_, [one] { return one->run(); }, asio::detached);
  }

  std::unique_ptr<asio::io_context> loop_
      = std::make_unique<asio::io_context>(1);
  std::optional<http_tls> shown_;
  std::optional<asio::ssl::context> tls_;
  std::optional<tcp::acceptor> acceptor_;
  std::shared_ptr<surroundings> around_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

http_server::http_server(http_options options, handler handle)
    : implementation_(std::make_unique<implementation>(std::move(options),
                                                       std::move(handle))) {
  // nop
}

http_server::~http_server() = default;

std::uint16_t http_server::port() const {
  return implementation_->port();
}

bool http_server::renew(http_tls certificate) {
  return implementation_->renew(std::move(certificate));
}

void http_server::post(std::function<void()> task) {
  implementation_->post(std::move(task));
}

void http_server::every(std::chrono::milliseconds interval,
                        std::function<void()> task) {
  implementation_->every(interval, std::move(task));
}

} // namespace holystone::metrics
