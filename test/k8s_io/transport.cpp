#include "k8s_io/list_pages.hpp"

#include "gzipped.hpp"
#include "raw_server.hpp"
#include "transport_harness.hpp"

#include <fmt/format.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <atomic>

using namespace holystone;
using namespace holystone::k8s_io;
using namespace holystone::test;

namespace {

/// Answers every request with 200 and the text of `what`.
raw_server::script saying(std::string what) {
  return [what](raw_connection& to) {
    while (to.read_request() && to.answer(200, what)) {
      // nop
    }
  };
}

/// Answers nothing, ever.
void black_hole(raw_connection& to) {
  to.read_request();
  to.wait_for_close();
}

/// The sockets of this process that are connected to `port`.
std::vector<int> sockets_to(std::uint16_t port) {
  std::vector<int> out;
  for (auto fd = 0; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0
        && peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
      out.push_back(fd);
  }
  return out;
}

int option(int socket, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  ::getsockopt(socket, level, name, &value, &size);
  return value;
}

} // namespace

TEST_CASE("a call goes over the wire as the API expects it") {
  std::promise<raw_request> seen;
  raw_server server{[&](raw_connection& to) {
    if (auto got = to.read_request()) {
      to.answer(201, R"({"kind":"Job"})");
      seen.set_value(*got);
    }
  }};
  transport net{anonymous(server.url() + "/prefix")};
  auto call = jobs(verb::apply);
  call.body = std::string(2'000'000, 'x');
  auto answer = ask(net, call);
  CHECK(answer.status == 201);
  CHECK(answer.body == R"({"kind":"Job"})");
  CHECK(answer.failure.empty());
  auto got = seen.get_future().get();
  CHECK(got.line()
        == "PATCH /prefix/apis/batch/v1/namespaces/n/jobs/j"
           "?fieldManager=holystone&force=true");
  CHECK(got.field("Content-Type") == "application/apply-patch+yaml");
  CHECK(got.field("Accept") == "application/json");
  CHECK(got.field("User-Agent") == "holystone");
  CHECK(got.field("Expect").empty());
  CHECK(got.body == call.body);
}

TEST_CASE("connections are used again, and replaced when the server closes") {
  std::atomic<int> served{0};
  raw_server server{[&](raw_connection& to) {
    for (auto left = 3; left > 0 && to.read_request(); --left) {
      ++served;
      to.answer(200, "{}");
    }
  }};
  transport net{anonymous(server.url())};
  for (auto i = 0; i < 9; ++i)
    REQUIRE(ask(net, jobs()).status == 200);
  CHECK(served == 9);
  CHECK(server.accepted() == 3);
}

TEST_CASE("no answer is a failure that says why") {
  closed_port gone;
  transport net{anonymous(gone.url())};
  auto refused = ask(net, jobs());
  CHECK(refused.status == 0);
  CHECK(refused.failure.find("onnect") != std::string::npos);

  raw_server garbage{[](raw_connection& to) {
    to.read_request();
    to.send("SSH-2.0-OpenSSH\r\n\r\n");
  }};
  transport other{anonymous(garbage.url())};
  auto strange = ask(other, jobs());
  CHECK(strange.status == 0);
  CHECK_FALSE(strange.failure.empty());

  raw_server cut{[](raw_connection& to) {
    to.read_request();
    to.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"kind\"");
  }};
  transport third{anonymous(cut.url())};
  CHECK(ask(third, jobs()).status == 0);
}

TEST_CASE("R-17: every connection asks a silent peer after 30 s, for 15 s") {
  raw_server server{saying("{}")};
  transport net{anonymous(server.url())};
  ask(net, jobs());
  auto sockets = sockets_to(server.port());
  REQUIRE(sockets.size() == 1);
  CHECK(option(sockets[0], SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(sockets[0], IPPROTO_TCP, TCP_KEEPIDLE) == 30);
  auto interval = option(sockets[0], IPPROTO_TCP, TCP_KEEPINTVL);
  auto count = option(sockets[0], IPPROTO_TCP, TCP_KEEPCNT);
  CHECK(interval * count == 15);
  CHECK(option(sockets[0], IPPROTO_TCP, TCP_USER_TIMEOUT) == 45'000);
}

TEST_CASE("R-20: a request that is never answered ends after its time") {
  raw_server server{black_hole};
  // One has the time that is short, the other one would outlast the test.
  auto ends_after = [&](urgency how, transport_limits limits) {
    transport net{anonymous(server.url()), limits};
    auto got = ask(net, jobs(), how);
    CHECK(got.status == 0);
    CHECK(got.failure.find("timed out after") != std::string::npos);
  };
  transport_limits limits;
  limits.request_timeout = 1h;
  limits.urgent_timeout = 100ms;
  ends_after(urgency::urgent, limits);
  std::swap(limits.request_timeout, limits.urgent_timeout);
  ends_after(urgency::ordinary, limits);
}

TEST_CASE("R-23: Retry-After is read as a number and as a date") {
  raw_server server{[](raw_connection& to) {
    to.read_request();
    to.answer(429, "{}", "Retry-After: 7\r\n");
    to.read_request();
    auto soon = std::time(nullptr) + 3'600;
    char date[64];
    std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT",
                  std::gmtime(&soon));
    to.answer(503, "{}", fmt::format("Retry-After: {}\r\n", date));
    to.read_request();
    to.answer(503, "{}");
  }};
  transport net{anonymous(server.url())};
  CHECK(ask(net, jobs()).retry_after == seconds{7});
  auto later = ask(net, jobs()).retry_after;
  REQUIRE(later);
  // The date is as far away as nobody waits for this answer.
  CHECK(*later > seconds{3'600} - 2 * deadline);
  CHECK(*later <= seconds{3'600});
  CHECK_FALSE(ask(net, jobs()).retry_after);
}

TEST_CASE("R-25: an urgent request passes a blocked flood of others") {
  raw_server server{[](raw_connection& to) {
    while (auto got = to.read_request())
      if (got->line().find("/blocked") != std::string::npos)
        to.wait_for_close();
      else
        to.answer(200, "{}");
  }};
  transport_limits limits;
  limits.in_flight = 4;
  limits.request_timeout = limits.urgent_timeout = 1h;
  transport net{anonymous(server.url()), limits};
  std::atomic<int> answered{0};
  for (auto i = 0; i < 100; ++i)
    net.submit(jobs(verb::get, "blocked"), [&](response) { ++answered; });
  REQUIRE(eventually([&] { return server.accepted() == 4; }));
  for (auto i = 0; i < 10; ++i)
    CHECK(ask(net, jobs(verb::get, "lease"), urgency::urgent).status == 200);
  CHECK(answered == 0);
  CHECK(server.accepted() <= 6);
}

TEST_CASE("no more requests are in flight than allowed") {
  std::atomic<int> now{0}, most{0};
  raw_server server{[&](raw_connection& to) {
    while (to.read_request()) {
      auto present = ++now;
      for (auto seen = most.load();
           present > seen && !most.compare_exchange_weak(seen, present);) {
        // nop
      }
      // Nobody leaves before all are there who may be.
      eventually([&] { return most >= 8; });
      --now;
      to.answer(200, "{}");
    }
  }};
  transport_limits limits;
  limits.in_flight = 8;
  transport net{anonymous(server.url()), limits};
  std::atomic<int> good{0};
  for (auto i = 0; i < 400; ++i)
    net.submit(jobs(), [&](response got) { good += got.status == 200; });
  REQUIRE(eventually([&] { return good == 400; }));
  CHECK(most == 8);
  CHECK(server.accepted() == 8);
}

TEST_CASE("a full queue refuses with its limit, and forgets nobody") {
  raw_server server{black_hole};
  std::atomic<int> answered{0}, full{0};
  {
    transport_limits limits;
    limits.in_flight = 1;
    limits.queue = 3;
    transport net{anonymous(server.url()), limits};
    net.submit(jobs(), [&](response) { ++answered; });
    REQUIRE(eventually([&] { return server.accepted() == 1; }));
    for (auto i = 0; i < 10; ++i)
      net.submit(jobs(), [&](response got) {
        ++answered;
        full += got.failure == "the queue of 3 waiting requests is full";
      });
    REQUIRE(eventually([&] { return full == 7; }));
    CHECK(answered == 7);
  }
  CHECK(answered == 11);
}

TEST_CASE("an answer that is too long is a failure that says so") {
  raw_server server{saying(std::string(5'000, 'x'))};
  transport_limits limits;
  limits.answer_bytes = 4'999;
  transport net{anonymous(server.url()), limits};
  auto answer = ask(net, jobs());
  CHECK(answer.status == 0);
  CHECK(answer.is_too_long);
  CHECK(answer.failure == "the answer is longer than 4999 bytes");
  limits.answer_bytes = 5'000;
  transport wider{anonymous(server.url()), limits};
  CHECK(ask(wider, jobs()).status == 200);
}

TEST_CASE("R-43: a redirect is an answer and not followed") {
  raw_server thief{saying("{}")};
  raw_server server{[&](raw_connection& to) {
    to.read_request();
    to.answer(307, "", "Location: " + thief.url() + "/\r\n");
  }};
  transport net{anonymous(server.url())};
  CHECK(ask(net, jobs()).status == 307);
  CHECK(thief.accepted() == 0);
}

TEST_CASE("R-43: a token is not sent in plain text") {
  std::promise<raw_request> seen;
  raw_server server{[&](raw_connection& to) {
    if (auto got = to.read_request()) {
      to.answer(200, "{}");
      seen.set_value(*got);
    }
  }};
  credential_sources sources;
  sources.server = server.url();
  sources.token = secret_bytes{"hunter2"};
  transport net{credentials_of(std::move(sources))};
  ask(net, jobs());
  CHECK(seen.get_future().get().head.find("hunter2") == std::string::npos);
}

TEST_CASE("lists and nothing else may come compressed, and stay so") {
  auto list = gzipped(R"({"kind":"JobList","items":[]})");
  raw_server server{[&](raw_connection& to) {
    while (auto got = to.read_request())
      if (got->field("Accept-Encoding") == "gzip")
        to.answer(200, list, "Content-Encoding: gzip\r\n");
      else
        to.answer(200, "plain");
  }};
  transport net{anonymous(server.url())};
  auto got = ask(net, jobs(verb::list, "")).body;
  CHECK(got == list);
  CHECK(read_list(got, {[](auto&) {
                  }})
            ->kind
        == "JobList");
  CHECK(ask(net, jobs()).body == "plain");
}

TEST_CASE("a compressed refusal is readable") {
  raw_server server{[&](raw_connection& to) {
    while (to.read_request())
      to.answer(403, gzipped("not for you"), "Content-Encoding: gzip\r\n");
  }};
  transport net{anonymous(server.url())};
  CHECK(ask(net, jobs(verb::list, "")).body == "not for you");
}

TEST_CASE(
    "the end of a transport answers everything, and nothing comes after") {
  raw_server server{black_hole};
  auto is_alive = std::make_shared<std::atomic<bool>>(true);
  std::atomic<int> answered{0}, late{0};
  recorder watched;
  {
    transport_limits limits;
    limits.in_flight = 3;
    transport net{anonymous(server.url()), limits};
    for (auto i = 0; i < 50; ++i)
      net.submit(jobs(), [&, is_alive](response got) {
        answered += got.failure == "the transport was shut down";
        late += !*is_alive;
      });
    net.open_watch(jobs(verb::watch, ""), watched.listener());
    REQUIRE(eventually([&] { return server.accepted() == 4; }));
    // Some are on the wire, some wait, and these may not even be read yet.
    for (auto i = 0; i < 50; ++i)
      net.submit(jobs(), [&, is_alive](response got) {
        answered += got.failure == "the transport was shut down";
        late += !*is_alive;
      });
  }
  *is_alive = false;
  CHECK(answered == 100);
  CHECK(watched.end().failure == "the transport was shut down");
  CHECK(late == 0);
  // Nobody holds a callback any more, so none can come later either.
  CHECK(is_alive.use_count() == 1);
}

TEST_CASE("a callback may submit the next call") {
  raw_server server{saying("{}")};
  std::atomic<int> rounds{0};
  transport net{anonymous(server.url())};
  std::function<void(response)> again = [&](response got) {
    if (got.status == 200 && ++rounds < 50)
      net.submit(jobs(), again);
  };
  net.submit(jobs(), again);
  CHECK(eventually([&] { return rounds == 50; }));
}
