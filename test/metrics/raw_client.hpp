// A client that sends exactly the bytes it is told to: the tests of the HTTP
// server must be able to misbehave in ways no library allows.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace holystone::test {

using namespace std::chrono_literals;

/// An answer as read from the wire; field names in lower case.
struct raw_answer {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// How long a test waits for what must come: enough for a busy machine and a
/// sanitizer.
inline constexpr auto deadline = 60s;

/// One TCP connection to the loopback; nothing waits longer than `deadline`.
class raw_client {
public:
  explicit raw_client(std::uint16_t port, int family = AF_INET,
                      int receive_buffer = 0) {
    socket_ = ::socket(family, SOCK_STREAM, 0);
    if (receive_buffer > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                   sizeof receive_buffer);
    int one = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    auto rc = 0;
    if (family == AF_INET6) {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(port);
      to.sin6_addr = in6addr_loopback;
      rc = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to);
    } else {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(port);
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      rc = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to);
    }
    if (rc != 0)
      throw std::runtime_error{std::strerror(errno)};
  }

  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  ~raw_client() {
    if (tls_)
      SSL_free(tls_);
    if (context_)
      SSL_CTX_free(context_);
    ::close(socket_);
  }

  /// Speaks TLS from now on, trusting `authority` for `host` only.
  bool start_tls(const std::string& authority, const std::string& host) {
    context_ = SSL_CTX_new(TLS_client_method());
    std::unique_ptr<BIO, decltype(&BIO_free_all)> bio{
        BIO_new_mem_buf(authority.data(), static_cast<int>(authority.size())),
        &BIO_free_all};
    auto* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), certificate);
    X509_free(certificate);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    tls_ = SSL_new(context_);
    SSL_set1_host(tls_, host.c_str());
    SSL_set_fd(tls_, socket_);
    return SSL_connect(tls_) == 1;
  }

  void send(const std::string& bytes) {
    if (tls_)
      SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
    else
      (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  /// Tells the server that nothing more will be sent.
  void half_close() {
    ::shutdown(socket_, SHUT_WR);
  }

  /// Everything up to and including `mark`, or what came before the end.
  std::string read_until(const std::string& mark) {
    for (;;) {
      if (auto at = buffer_.find(mark); at != std::string::npos)
        return take(at + mark.size());
      if (!fill())
        return take(buffer_.size());
    }
  }

  /// Everything until the server closes.
  std::string read_all() {
    while (fill()) {
      // nop
    }
    return take(buffer_.size());
  }

  /// True when the server closes without sending anything more.
  bool is_closed_by_peer() {
    return buffer_.empty() && !fill() && !timed_out_;
  }

  /// True when nothing arrives for `span`.
  bool is_silent_for(std::chrono::milliseconds span) {
    pollfd one{socket_, POLLIN, 0};
    return buffer_.empty()
           && ::poll(&one, 1, static_cast<int>(span.count())) == 0;
  }

  /// Header fields only.
  raw_answer read_head() {
    raw_answer result;
    auto text = read_until("\r\n\r\n");
    auto line_end = text.find("\r\n");
    if (text.size() < 12 || line_end == std::string::npos)
      return result;
    result.status = std::stoi(text.substr(9, 3));
    for (auto at = line_end + 2; at + 2 < text.size();) {
      auto end = text.find("\r\n", at);
      auto colon = text.find(": ", at);
      auto name = text.substr(at, colon - at);
      for (auto& c : name)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      result.headers[name] = text.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    return result;
  }

  /// A whole answer with Content-Length.
  raw_answer read_answer() {
    auto result = read_head();
    if (!result.headers.contains("content-length"))
      return result;
    auto size = std::stoul(result.headers["content-length"]);
    while (buffer_.size() < size && fill()) {
      // nop
    }
    result.body = take(std::min(size, buffer_.size()));
    return result;
  }

  /// One chunk of a stream; empty at the end mark or when the server is gone.
  std::string read_chunk() {
    auto head = read_until("\r\n");
    if (head.size() < 3)
      return {};
    auto size = std::stoul(head, nullptr, 16);
    while (buffer_.size() < size + 2 && fill()) {
      // nop
    }
    auto result = take(std::min(size, buffer_.size()));
    take(std::min<std::size_t>(2, buffer_.size()));
    return result;
  }

  /// Sends `GET target` and reads the whole answer.
  raw_answer get(const std::string& target) {
    send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return read_answer();
  }

private:
  std::string take(std::size_t size) {
    auto result = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return result;
  }

  bool fill() {
    char piece[16384];
    auto size = ssize_t{0};
    constexpr auto patience
        = static_cast<int>(std::chrono::milliseconds{deadline}.count());
    pollfd one{socket_, POLLIN, 0};
    if (!(tls_ && SSL_pending(tls_) > 0) && ::poll(&one, 1, patience) != 1) {
      timed_out_ = true;
      return false;
    }
    if (tls_)
      size = SSL_read(tls_, piece, sizeof piece);
    else
      size = ::recv(socket_, piece, sizeof piece, 0);
    if (size <= 0)
      return false;
    buffer_.append(piece, static_cast<std::size_t>(size));
    return true;
  }

  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* tls_ = nullptr;
  std::string buffer_;
  bool timed_out_ = false;
};

/// Polls until `is_true`, at most until the deadline.
template <class Predicate>
bool eventually(Predicate is_true) {
  auto until = std::chrono::steady_clock::now() + deadline;
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    ::usleep(2000);
  }
  return true;
}

} // namespace holystone::test
