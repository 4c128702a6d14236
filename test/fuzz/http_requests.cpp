// Bytes on the port of the HTTP server: it answers with HTTP or hangs up, and
// serves the next one.

#include "claim.hpp"
#include "metrics/http_server.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>

using namespace holystone;
using namespace holystone::metrics;

namespace {

http_server& server() {
  static http_server one{
      {.address = "127.0.0.1",
       .limits = {.header_bytes = 2048, .body_bytes = 1024}},
      read_only([](const std::shared_ptr<http_exchange>& exchange) {
        exchange->respond({.body = exchange->request().target});
      })};
  return one;
}

/// libFuzzer's alarm, which looks for slow inputs, must not cut an exchange
/// off.
bool let_calls_go_on() {
  struct sigaction alarm {};
  ::sigaction(SIGALRM, nullptr, &alarm);
  alarm.sa_flags |= SA_RESTART;
  return ::sigaction(SIGALRM, &alarm, nullptr) == 0;
}

/// Sends the bytes and nothing after them; the whole answer.
std::string exchange(std::string_view bytes) {
  static const bool goes_on = let_calls_go_on();
  fuzz::claim(goes_on, "the alarm's handler can be set");
  int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(server().port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fuzz::claim(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to)
                  == 0,
              "the server listens");
  // Each connection would keep its port for a minute, and there are more.
  linger none{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  // The server may have hung up before all is sent.
  (void)!::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::shutdown(socket, SHUT_WR);
  std::string answer;
  char piece[4096];
  for (ssize_t n = 0; (n = ::recv(socket, piece, sizeof piece, 0)) > 0;)
    answer.append(piece, static_cast<std::size_t>(n));
  ::close(socket);
  return answer;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  auto answer = exchange(fuzz::text_of(data, size));
  fuzz::claim(answer.empty() || answer.starts_with("HTTP/1."),
              "it answers with HTTP or not at all");
  auto next = exchange("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  auto is_served = next.starts_with("HTTP/1.1 200") && next.ends_with("/next");
  if (!is_served)
    std::fprintf(stderr, "the next answer: '%s'\n", next.c_str());
  fuzz::claim(is_served, "the next one is served");
  return 0;
}
