#include "metrics/http_server.hpp"

#include "test/metrics/echo.hpp"
#include "test/metrics/raw_client.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>
#include <vector>

using namespace holystone::metrics;
using holystone::test::echo;
using holystone::test::eventually;
using holystone::test::local;
using holystone::test::raw_client;
using namespace std::chrono_literals;

namespace {

std::string post_of(const std::string& body, const std::string& extra = {}) {
  return "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n" + extra + "\r\n" + body;
}

} // namespace

TEST_CASE("a header beyond the limit gets 431 and one at the limit is served") {
  http_server server{local(), echo};
  auto with_header = [](std::size_t size) {
    return "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(size, 'a')
           + "\r\n\r\n";
  };
  raw_client good{server.port()};
  good.send(with_header(16 * 1024 - 40));
  CHECK(good.read_answer().status == 200);
  raw_client bad{server.port()};
  bad.send(with_header(17 * 1024));
  CHECK(bad.read_answer().status == 431);
  CHECK(bad.is_closed_by_peer());
  raw_client endless{server.port()};
  endless.send("GET /" + std::string(20 * 1024, 'a'));
  CHECK(endless.read_answer().status == 431);
}

TEST_CASE("a body beyond the limit gets 413 before it is sent") {
  auto options = local();
  options.limits.body_bytes = 1000;
  http_server server{options, echo};
  raw_client good{server.port()};
  good.send(post_of(std::string(1000, 'b')));
  CHECK(good.read_answer().body.size() == 1003);
  raw_client bad{server.port()};
  bad.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  CHECK(bad.read_answer().status == 413);
  bad.half_close();
  CHECK(bad.is_closed_by_peer());
}

TEST_CASE("a client that goes on sending a refused body still sees the 413") {
  auto options = local();
  options.limits.body_bytes = 1000;
  http_server server{options, echo};
  raw_client client{server.port()};
  client.send(post_of(std::string(100'000, 'b')));
  client.half_close();
  CHECK(client.read_answer().status == 413);
}

TEST_CASE("a chunked body is put together and held to the same limit") {
  auto options = local();
  options.limits.body_bytes = 1000;
  http_server server{options, echo};
  std::string head = "PUT /c HTTP/1.1\r\nHost: x\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n";
  raw_client good{server.port()};
  good.send(head + "3\r\nabc\r\n");
  good.send("2\r\nde\r\n0\r\n\r\n");
  CHECK(good.read_answer().body == "/c|abcde");
  raw_client bad{server.port()};
  bad.send(head + "800\r\n" + std::string(2048, 'x') + "\r\n");
  CHECK(bad.read_answer().status == 413);
}

TEST_CASE("Expect: 100-continue is granted before the body is read") {
  auto options = local();
  options.limits.body_bytes = 1000;
  http_server server{options, echo};
  raw_client client{server.port()};
  client.send("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
              "Expect: 100-continue\r\n\r\n");
  CHECK(client.read_head().status == 100);
  client.send("body");
  CHECK(client.read_answer().body == "/p|body");
  client.send("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n"
              "Expect: 100-continue\r\n\r\n");
  CHECK(client.read_head().status == 413);
}

TEST_CASE("a slow header, a slow body and a slow start are cut in time") {
  auto options = local();
  options.limits.body_bytes = 9;
  options.limits.read_timeout = 100ms;
  options.limits.idle_timeout = 100ms;
  http_server server{options, echo};
  raw_client silent{server.port()};
  raw_client header{server.port()};
  header.send("GET / HTTP/1.1\r\nHost");
  raw_client body{server.port()};
  body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab");
  CHECK(silent.is_closed_by_peer());
  CHECK(header.is_closed_by_peer());
  CHECK(body.is_closed_by_peer());
}

TEST_CASE("one byte at a time does not outlive the read timeout") {
  auto options = local();
  options.limits.read_timeout = 200ms;
  http_server server{options, echo};
  raw_client client{server.port()};
  client.send("GET / HTTP/1.1\r\nX: ");
  // A time that each byte begins anew would never be over.
  CHECK(eventually([&] {
    client.send("a");
    return !client.is_silent_for(10ms);
  }));
  CHECK(client.is_closed_by_peer());
}

TEST_CASE("an exchange that nobody answers gets 504 at its deadline") {
  auto options = local();
  options.limits.exchange_deadline = 50ms;
  std::shared_ptr<http_exchange> kept;
  std::atomic<bool> asked = false;
  http_server server{options, [&](auto exchange) {
                       if (exchange->request().target == "/late") {
                         kept = std::move(exchange);
                         asked = true;
                       } else {
                         echo(exchange);
                       }
                     }};
  raw_client client{server.port()};
  CHECK(client.get("/late").status == 504);
  REQUIRE(asked);
  kept->respond({.status = 200, .body = "too late"});
  auto stream = kept->stream(200, "text/plain");
  CHECK_FALSE(stream->is_open());
  CHECK_FALSE(stream->write("too late"));
  CHECK(client.get("/next").body == "/next|");
}

TEST_CASE("a large answer arrives whole and a reader that stops is cut") {
  auto options = local();
  options.limits.answer_bytes = 30'000'000;
  auto at_length = [](const auto& exchange) {
    exchange->respond({.body = std::string(20'000'000, 'x')});
  };
  {
    http_server patient{options, at_length};
    raw_client reader{patient.port()};
    CHECK(reader.get("/").body.size() == 20'000'000);
  }
  options.limits.write_timeout = 300ms;
  http_server server{options, at_length};
  raw_client sleeper{server.port(), AF_INET, 4096};
  sleeper.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  // There is room for another such answer once the sleeper was cut.
  CHECK(eventually(
      [&] { return raw_client{server.port()}.get("/").status == 503; }));
  CHECK(eventually(
      [&] { return raw_client{server.port()}.get("/").status == 200; }));
  CHECK(sleeper.read_all().size() < 20'000'000);
}

TEST_CASE("unless told otherwise a server reads no body") {
  http_server server{local(), echo};
  raw_client empty{server.port()};
  empty.send(post_of(""));
  CHECK(empty.read_answer().body == "/p|");
  raw_client announced{server.port()};
  announced.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
  CHECK(announced.read_answer().status == 413);
  raw_client chunked{server.port()};
  chunked.send("POST / HTTP/1.1\r\nHost: x\r\n"
               "Transfer-Encoding: chunked\r\n\r\n100000\r\n");
  CHECK(chunked.read_answer().status == 413);
}

TEST_CASE("a connection beyond the limit takes the place of the idlest") {
  auto options = local();
  options.limits.connections = 2;
  http_server server{options, echo};
  raw_client first{server.port()};
  raw_client second{server.port()};
  CHECK(first.get("/1").status == 200);
  CHECK(second.get("/2").status == 200);
  CHECK(first.get("/1").status == 200);
  CHECK(raw_client{server.port()}.get("/3").body == "/3|");
  CHECK(second.is_closed_by_peer());
  CHECK(first.get("/1").status == 200);
}

TEST_CASE("a probe is answered while others hold every place") {
  http_server server{
      local(), [](const auto& exchange) {
        exchange->respond(
            {.body = std::string(
                 exchange->request().target == "/healthz" ? 2 : 20'000'000,
                 'x')});
      }};
  std::vector<std::unique_ptr<raw_client>> clients;
  for (auto i = 0; i != 300; ++i) {
    clients.push_back(
        std::make_unique<raw_client>(server.port(), AF_INET, 4096));
    clients.back()->send(i % 3 == 0   ? "GET /metrics HTTP/1.1\r\n\r\n"
                         : i % 3 == 1 ? "GET /healthz HTTP/1.1\r\nX: "
                                      : "");
    if (i % 10 == 0)
      CHECK(raw_client{server.port()}.get("/healthz").body == "xx");
  }
}

TEST_CASE("a connection waits its turn while all others are being answered") {
  auto options = local();
  options.limits.connections = 2;
  std::mutex mutex;
  std::vector<std::shared_ptr<http_exchange>> kept;
  http_server server{options, [&](auto exchange) {
                       std::lock_guard guard{mutex};
                       kept.push_back(std::move(exchange));
                     }};
  auto asked = [&] {
    std::lock_guard guard{mutex};
    return kept.size();
  };
  std::vector<std::unique_ptr<raw_client>> clients;
  for (auto i = 1U; i != 4; ++i) {
    clients.push_back(std::make_unique<raw_client>(server.port()));
    clients.back()->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(eventually([&] { return asked() == std::min(i, 2U); }));
  }
  CHECK(clients[2]->is_silent_for(50ms));
  CHECK(asked() == 2);
  for (auto i = 0U; i != 3; ++i) {
    CHECK(eventually([&] { return asked() > i; }));
    std::lock_guard guard{mutex};
    kept[i]->respond({.body = "ok"});
  }
  for (auto& client : clients)
    CHECK(client->read_answer().body == "ok");
}

TEST_CASE("large answers that nobody fetches are not made without end") {
  auto options = local();
  options.limits.answer_bytes = 10'000'000;
  http_server server{
      options, [](const auto& exchange) {
        exchange->respond(
            {.body = std::string(
                 exchange->request().target == "/small" ? 2 : 9'000'000, 'x')});
      }};
  auto sleeper = std::make_unique<raw_client>(server.port(), AF_INET, 4096);
  sleeper->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(eventually(
      [&] { return raw_client{server.port()}.get("/").status == 503; }));
  CHECK(raw_client{server.port()}.get("/small").status == 200);
  sleeper.reset();
  CHECK(eventually([&] {
    return raw_client{server.port()}.get("/").body.size() == 9'000'000;
  }));
}

TEST_CASE("a thousand connections are served by one thread") {
  auto options = local();
  options.limits.connections = 1000;
  http_server server{options, echo};
  std::vector<std::unique_ptr<raw_client>> clients;
  for (auto i = 0; i != 1000; ++i)
    clients.push_back(std::make_unique<raw_client>(server.port()));
  for (auto& client : clients)
    client->send("GET /t HTTP/1.1\r\nHost: x\r\n\r\n");
  auto good = 0;
  for (auto& client : clients)
    good += client->read_answer().status == 200;
  CHECK(good == 1000);
}
