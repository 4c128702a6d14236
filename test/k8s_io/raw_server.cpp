#include "raw_server.hpp"

#include <fmt/format.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace holystone::test {

namespace {

/// For what must come, in milliseconds: a minute is enough for a busy machine
/// and a sanitizer.
constexpr int patience = 60'000;

BIO* reading(const std::string& text) {
  return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
}

X509* read_certificate(const std::string& pem) {
  auto* from = reading(pem);
  auto* made = PEM_read_bio_X509(from, nullptr, nullptr, nullptr);
  BIO_free(from);
  return made;
}

SSL_CTX* make_context(const raw_tls& how) {
  auto* made = SSL_CTX_new(TLS_server_method());
  auto* own = read_certificate(how.own.pem);
  SSL_CTX_use_certificate(made, own);
  X509_free(own);
  auto* from = reading(how.own.key);
  auto* key = PEM_read_bio_PrivateKey(from, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(made, key);
  EVP_PKEY_free(key);
  BIO_free(from);
  if (!how.client_authority.empty()) {
    auto* authority = read_certificate(how.client_authority);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(made), authority);
    X509_free(authority);
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER, nullptr);
  }
  return made;
}

} // namespace

// -- requests -----------------------------------------------------------------

std::string raw_request::line() const {
  return head.substr(0, head.find(" HTTP/"));
}

std::string raw_request::field(const std::string& name) const {
  auto begin = head.find("\r\n" + name + ": ");
  if (begin == std::string::npos)
    return {};
  begin += name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

// -- connections --------------------------------------------------------------

raw_connection::raw_connection(int socket, ssl_ctx_st* tls) : socket_(socket) {
  if (!tls)
    return;
  tls_ = SSL_new(tls);
  SSL_set_fd(tls_, socket_);
}

raw_connection::~raw_connection() {
  SSL_free(tls_);
  ::close(socket_);
}

std::ptrdiff_t raw_connection::receive(char* to, std::size_t size) {
  if (!tls_)
    return ::recv(socket_, to, size, 0);
  if (!SSL_is_init_finished(tls_) && SSL_accept(tls_) != 1)
    return -1;
  return SSL_read(tls_, to, static_cast<int>(size));
}

std::optional<raw_request> raw_connection::read_request() {
  raw_request out;
  std::size_t wanted = 0;
  for (;;) {
    if (out.head.empty())
      if (auto end = unread_.find("\r\n\r\n"); end != std::string::npos) {
        out.head = unread_.substr(0, end + 2);
        unread_.erase(0, end + 4);
        auto length = out.field("Content-Length");
        wanted = length.empty() ? 0 : std::stoul(length);
      }
    if (!out.head.empty() && unread_.size() >= wanted) {
      out.body = unread_.substr(0, wanted);
      unread_.erase(0, wanted);
      return out;
    }
    char bytes[4096];
    auto got = receive(bytes, sizeof bytes);
    if (got <= 0)
      return {};
    unread_.append(bytes, static_cast<std::size_t>(got));
  }
}

bool raw_connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto sent
        = tls_ ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
               : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool raw_connection::answer(int status, std::string_view body,
                            std::string_view more_headers) {
  return send(fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n{}",
                          status, body.size(), more_headers, body));
}

bool raw_connection::begin_stream(int status) {
  return send(fmt::format("HTTP/1.1 {} X\r\nTransfer-Encoding: chunked\r\n\r\n",
                          status));
}

bool raw_connection::chunk(std::string_view bytes) {
  return send(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes));
}

bool raw_connection::wait_for_close() {
  pollfd what{socket_, POLLRDHUP, 0};
  return ::poll(&what, 1, patience) == 1;
}

std::string raw_connection::client_name() const {
  auto* shown = tls_ ? SSL_get1_peer_certificate(tls_) : nullptr;
  if (!shown)
    return {};
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name,
                            sizeof name);
  X509_free(shown);
  return name;
}

void raw_connection::interrupt() {
  ::shutdown(socket_, SHUT_RDWR);
}

// -- the server ---------------------------------------------------------------

raw_server::raw_server(script run, std::optional<raw_tls> tls)
    : run_(std::move(run)) {
  // SSL_write would end the whole test otherwise.
  std::signal(SIGPIPE, SIG_IGN);
  if (tls)
    tls_ = make_context(*tls);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  if (::bind(listener_, address, size) != 0 || ::listen(listener_, 128) != 0
      || ::getsockname(listener_, address, &size) != 0)
    throw std::runtime_error{"cannot listen on 127.0.0.1"};
  port_ = ntohs(at.sin_port);
  acceptor_ = std::thread{[this] {
    accept_all();
  }};
}

void raw_server::accept_all() {
  for (;;) {
    auto socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard guard{mutex_};
    if (socket < 0 || is_stopping_) {
      if (socket >= 0)
        ::close(socket);
      return;
    }
    ++accepted_;
    auto made = std::make_shared<raw_connection>(socket, tls_);
    connections_.push_back(made);
    threads_.emplace_back([this, made] {
      run_(*made);
      made->interrupt();
    });
  }
}

raw_server::~raw_server() {
  {
    std::lock_guard guard{mutex_};
    is_stopping_ = true;
    for (auto& one : connections_)
      one->interrupt();
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& one : threads_)
    one.join();
  ::close(listener_);
  connections_.clear();
  SSL_CTX_free(tls_);
}

std::string raw_server::url() const {
  return fmt::format("{}://127.0.0.1:{}", tls_ ? "https" : "http", port_);
}

} // namespace holystone::test
