#include "metrics/http_server.hpp"

#include "test/metrics/echo.hpp"
#include "test/metrics/raw_client.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using namespace holystone::metrics;
using holystone::test::echo;
using holystone::test::local;
using holystone::test::raw_client;
using namespace std::chrono_literals;

TEST_CASE("a request is answered and the connection serves the next one") {
  http_server server{local(), echo};
  raw_client client{server.port()};
  for (auto target : {"/a?b=c", "/second"}) {
    auto answer = client.get(target);
    CHECK(answer.status == 200);
    CHECK(answer.body == std::string{target} + "|");
    CHECK(answer.headers["content-type"] == "text/x-echo");
    CHECK(answer.headers["x-method"] == "GET");
    CHECK(answer.headers["date"].ends_with(" GMT"));
  }
}

TEST_CASE("pages that can only be read say so to who wants to write") {
  http_server server{local(), read_only(echo)};
  raw_client client{server.port()};
  for (std::string method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    client.send(method + " /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    auto answer = client.read_answer();
    INFO(method);
    CHECK(answer.status == 405);
    CHECK(answer.headers["allow"] == "GET, HEAD");
    CHECK(answer.body == method + " is not allowed, only GET\n");
  }
  CHECK(client.get("/metrics").body == "/metrics|");
}

TEST_CASE("header fields are found in whatever case they were sent") {
  std::atomic<int> found = 0;
  http_server server{local(), [&](auto exchange) {
                       const auto& request = exchange->request();
                       if (request.headers.find("ACCEPT") == "text/one"
                           && !request.headers.find("accep")
                           && request.peer.starts_with("127.0.0.1:"))
                         ++found;
                       exchange->respond({});
                     }};
  raw_client client{server.port()};
  client.send("GET / HTTP/1.1\r\nHost: x\r\naCCept: text/one\r\n\r\n");
  CHECK(client.read_answer().status == 200);
  CHECK(found == 1);
}

TEST_CASE("pipelined requests are answered in their order") {
  http_server server{local(), echo};
  raw_client client{server.port()};
  std::string all;
  for (auto i = 0; i != 50; ++i)
    all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(all);
  for (auto i = 0; i != 50; ++i)
    REQUIRE(client.read_answer().body == "/" + std::to_string(i) + "|");
}

TEST_CASE("Connection: close and HTTP/1.0 end the connection") {
  http_server server{local(), echo};
  raw_client modern{server.port()};
  modern.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(modern.read_answer().status == 200);
  CHECK(modern.is_closed_by_peer());
  raw_client old{server.port()};
  old.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(old.read_answer().status == 200);
  CHECK(old.is_closed_by_peer());
}

TEST_CASE("HEAD gives the length of the body without the body") {
  http_server server{local(), echo};
  raw_client client{server.port()};
  client.send("HEAD /four HTTP/1.1\r\nHost: x\r\n\r\n");
  auto head = client.read_head();
  CHECK(head.status == 200);
  CHECK(head.headers["content-length"] == "6");
  CHECK(client.get("/next").body == "/next|");
}

TEST_CASE("what is not HTTP gets 400 and the connection ends") {
  http_server server{local(), echo};
  for (auto text :
       {"\x16\x03\x01 hello\r\n\r\n", "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/7.5\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"}) {
    raw_client client{server.port()};
    client.send(text);
    CHECK(client.read_answer().status == 400);
    CHECK(client.is_closed_by_peer());
  }
}

TEST_CASE("a dropped exchange gets 503 and a throwing handler 500 at once") {
  http_server server{local(), [](const auto& exchange) {
                       if (exchange->request().target == "/throw")
                         throw std::runtime_error{"broken"};
                     }};
  raw_client client{server.port()};
  CHECK(client.get("/drop").status == 503);
  CHECK(client.get("/throw").status == 500);
  CHECK(client.get("/drop").status == 503);
}

TEST_CASE("only the first answer of an exchange is sent") {
  http_server server{local(), [](const auto& exchange) {
                       exchange->respond({.body = "one"});
                       exchange->respond({.body = "two"});
                       CHECK_FALSE(exchange->stream(200, "x")->write("three"));
                     }};
  raw_client client{server.port()};
  CHECK(client.get("/").body == "one");
  CHECK(client.get("/").body == "one");
}

TEST_CASE("answers come from any thread") {
  std::vector<std::thread> threads;
  http_server server{local(), [&](auto exchange) {
                       threads.emplace_back([exchange = std::move(exchange)] {
                         echo(exchange);
                       });
                     }};
  std::vector<std::unique_ptr<raw_client>> clients;
  for (auto i = 0; i != 30; ++i) {
    clients.push_back(std::make_unique<raw_client>(server.port()));
    clients.back()->send("GET /" + std::to_string(i)
                         + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  for (auto i = 0; i != 30; ++i)
    CHECK(clients[static_cast<std::size_t>(i)]->read_answer().body
          == "/" + std::to_string(i) + "|");
  for (auto& thread : threads)
    thread.join();
}

TEST_CASE("a client that closes its half gets its answer all the same") {
  std::shared_ptr<http_exchange> kept;
  std::atomic<bool> asked = false;
  http_server server{local(), [&](auto exchange) {
                       kept = std::move(exchange);
                       asked = true;
                     }};
  raw_client client{server.port()};
  client.send("GET /half HTTP/1.1\r\nHost: x\r\n\r\n");
  client.half_close();
  REQUIRE(holystone::test::eventually([&] { return asked.load(); }));
  echo(kept);
  CHECK(client.read_answer().body == "/half|");
  CHECK(client.is_closed_by_peer());
}

TEST_CASE("a status that has no body gets none") {
  http_server server{local(), [](const auto& exchange) {
                       exchange->respond({.status = 204, .body = "ignored"});
                     }};
  raw_client client{server.port()};
  client.send("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto head = client.read_head();
  CHECK(head.status == 204);
  CHECK_FALSE(head.headers.contains("content-length"));
  CHECK(client.is_silent_for(20ms));
}

TEST_CASE("a field with a line break is left out instead of splitting") {
  http_server server{
      local(), [](const auto& exchange) {
        exchange->respond(
            {.headers = {{"X-Good", "fine"}, {"X-Bad", "a\r\nSet-Cookie: b"}}});
      }};
  raw_client client{server.port()};
  auto answer = client.get("/");
  CHECK(answer.headers["x-good"] == "fine");
  CHECK_FALSE(answer.headers.contains("x-bad"));
  CHECK_FALSE(answer.headers.contains("set-cookie"));
}

TEST_CASE("the unspecified IPv6 address serves both families") {
  http_server server{{.address = "::"}, [](const auto& exchange) {
                       exchange->respond({.body = exchange->request().peer});
                     }};
  raw_client four{server.port(), AF_INET};
  CHECK(four.get("/").body.starts_with("127.0.0.1:"));
  raw_client six{server.port(), AF_INET6};
  CHECK(six.get("/").body.starts_with("[::1]:"));
}

TEST_CASE("an address that cannot be listened on is named") {
  http_server server{local(), echo};
  auto taken = local();
  taken.port = server.port();
  CHECK_THROWS_WITH((http_server{taken, echo}),
                    Catch::Contains(std::to_string(server.port()))
                        && Catch::Contains("in use"));
  CHECK_THROWS_WITH((http_server{{.address = "localhost!"}, echo}),
                    Catch::Contains("localhost!"));
}

TEST_CASE("an exchange that outlives its server does nothing") {
  std::shared_ptr<http_exchange> kept;
  std::shared_ptr<http_stream> stream;
  {
    std::atomic<int> asked = 0;
    http_server server{local(), [&](auto exchange) {
                         if (exchange->request().target == "/stream")
                           stream = exchange->stream(200, "text/plain");
                         else
                           kept = std::move(exchange);
                         ++asked;
                       }};
    raw_client one{server.port()};
    raw_client two{server.port()};
    one.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    two.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(holystone::test::eventually([&] { return asked == 2; }));
  }
  kept->respond({});
  CHECK_FALSE(stream->is_open());
  CHECK_FALSE(stream->write("nobody"));
  auto called = false;
  stream->on_closed([&] { called = true; });
  stream.reset();
  kept.reset();
  CHECK_FALSE(called);
}

TEST_CASE("a posted task runs on the HTTP thread and a timer runs again") {
  std::atomic<int> ticks = 0;
  std::atomic<bool> is_same = false;
  std::thread::id handler_thread;
  http_server server{local(), [&](const auto& exchange) {
                       handler_thread = std::this_thread::get_id();
                       exchange->respond({});
                     }};
  raw_client client{server.port()};
  CHECK(client.get("/").status == 200);
  server.post([&] { is_same = handler_thread == std::this_thread::get_id(); });
  server.every(1ms, [&] { ++ticks; });
  CHECK(holystone::test::eventually([&] { return ticks > 3 && is_same; }));
}
