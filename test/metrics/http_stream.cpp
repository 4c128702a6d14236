#include "metrics/http_server.hpp"

#include "test/metrics/raw_client.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>
#include <thread>

using namespace holystone::metrics;
using holystone::test::eventually;
using holystone::test::raw_client;
using namespace std::chrono_literals;

namespace {

const std::string ask = "GET /watch HTTP/1.1\r\nHost: x\r\n\r\n";

// Opens a stream for everyone who asks for /watch and keeps it.
struct streaming_server {
  explicit streaming_server(http_limits limits = {})
      : server{{.address = "127.0.0.1", .limits = limits},
               [this](const auto& exchange) {
                 serve(exchange);
               }} {
    // nop
  }

  void serve(const std::shared_ptr<http_exchange>& exchange) {
    if (exchange->request().target != "/watch")
      return exchange->respond({.body = "plain"});
    auto stream = exchange->stream(200, "application/json", {{"X-One", "1"}});
    stream->on_closed([this] { ++closed; });
    std::lock_guard guard{mutex};
    streams.push_back(std::move(stream));
  }

  std::shared_ptr<http_stream> stream(std::size_t index) {
    REQUIRE(eventually([&] {
      std::lock_guard guard{mutex};
      return streams.size() > index;
    }));
    std::lock_guard guard{mutex};
    return streams[index];
  }

  std::mutex mutex;
  std::vector<std::shared_ptr<http_stream>> streams;
  std::atomic<int> closed = 0;
  http_server server;
};

} // namespace

TEST_CASE("each write to a stream arrives at once and close ends the answer") {
  streaming_server fixture;
  raw_client client{fixture.server.port()};
  client.send(ask);
  auto head = client.read_head();
  CHECK(head.status == 200);
  CHECK(head.headers["transfer-encoding"] == "chunked");
  CHECK(head.headers["content-type"] == "application/json");
  CHECK(head.headers["x-one"] == "1");
  auto stream = fixture.stream(0);
  for (auto text : {"{\"a\":1}\n", "{\"a\":2}\n"}) {
    CHECK(stream->write(text));
    CHECK(client.read_chunk() == text);
  }
  CHECK(stream->write(""));
  CHECK(client.is_silent_for(20ms));
  CHECK(fixture.closed == 0);
  stream->write("last");
  stream->close();
  CHECK_FALSE(stream->write("after the end"));
  CHECK_FALSE(stream->is_open());
  CHECK(client.read_all() == "4\r\nlast\r\n0\r\n\r\n");
  CHECK(eventually([&] { return fixture.closed == 1; }));
}

TEST_CASE("dropping the last reference to a stream ends the answer") {
  streaming_server fixture;
  raw_client client{fixture.server.port()};
  client.send(ask);
  CHECK(client.read_head().status == 200);
  {
    auto stream = fixture.stream(0);
    std::lock_guard guard{fixture.mutex};
    fixture.streams.clear();
    CHECK(stream->write("tail"));
  }
  CHECK(client.read_all() == "4\r\ntail\r\n0\r\n\r\n");
}

TEST_CASE("an aborted stream ends without its end mark") {
  streaming_server fixture;
  raw_client client{fixture.server.port()};
  client.send(ask);
  CHECK(client.read_head().status == 200);
  fixture.stream(0)->abort();
  CHECK(client.read_all().empty());
  CHECK(eventually([&] { return fixture.closed == 1; }));
}

TEST_CASE("a client that leaves closes its stream and no other") {
  streaming_server fixture;
  auto leaver = std::make_unique<raw_client>(fixture.server.port());
  leaver->send(ask);
  auto first = fixture.stream(0);
  raw_client stayer{fixture.server.port()};
  stayer.send(ask);
  auto second = fixture.stream(1);
  leaver.reset();
  CHECK(eventually([&] { return !first->is_open(); }));
  CHECK(eventually([&] { return fixture.closed == 1; }));
  CHECK_FALSE(first->write("nobody"));
  CHECK(second->is_open());
  stayer.read_head();
  second->write("here");
  CHECK(stayer.read_chunk() == "here");
}

TEST_CASE("a peer that does not read fills a bounded buffer and is cut") {
  streaming_server fixture{
      {.stream_buffer = 1'000'000, .write_timeout = 300ms}};
  raw_client client{fixture.server.port(), AF_INET, 4096};
  client.send(ask);
  auto stream = fixture.stream(0);
  auto taken = std::size_t{0};
  auto highest = std::size_t{0};
  CHECK(eventually([&] {
    while (stream->write(std::string(100'000, 'x')) && taken < 100'000'000)
      taken += 100'000;
    highest = std::max(highest, stream->backlog());
    return fixture.closed == 1;
  }));
  CHECK(taken < 20'000'000);
  CHECK(highest > 0);
  CHECK(highest <= 1'000'000);
  CHECK_FALSE(stream->is_open());
  CHECK(stream->backlog() == 0);
}

TEST_CASE("a chunk larger than the buffer fits when the buffer is empty") {
  streaming_server fixture{{.stream_buffer = 1000}};
  raw_client client{fixture.server.port()};
  client.send(ask);
  client.read_head();
  auto stream = fixture.stream(0);
  CHECK(stream->write(std::string(3'000'000, 'x')));
  CHECK(client.read_chunk().size() == 3'000'000);
  CHECK(eventually([&] { return stream->backlog() == 0; }));
  CHECK(stream->write(std::string(5000, 'y')));
  CHECK(client.read_chunk().size() == 5000);
}

TEST_CASE("two hundred open streams leave room for other requests") {
  streaming_server fixture{{.connections = 201}};
  std::vector<std::unique_ptr<raw_client>> clients;
  for (auto i = 0; i != 200; ++i) {
    clients.push_back(std::make_unique<raw_client>(fixture.server.port()));
    clients.back()->send(ask);
    clients.back()->read_head();
  }
  raw_client other{fixture.server.port()};
  CHECK(other.get("/other").body == "plain");
  std::thread writer{[&] {
    for (auto round = 0; round != 20; ++round)
      for (auto& stream : fixture.streams)
        stream->write("line " + std::to_string(round) + "\n");
    for (auto& stream : fixture.streams)
      stream->close();
  }};
  auto whole = 0;
  for (auto& client : clients) {
    std::string text;
    for (auto chunk = client->read_chunk(); !chunk.empty();
         chunk = client->read_chunk())
      text += chunk;
    whole += text.ends_with("line 19\n") && text.size() == 150;
  }
  writer.join();
  CHECK(whole == 200);
  clients.clear();
  CHECK(eventually([&] { return fixture.closed == 200; }));
}

TEST_CASE("HTTP/1.0 gets a stream without chunks") {
  streaming_server fixture;
  raw_client client{fixture.server.port()};
  client.send("GET /watch HTTP/1.0\r\n\r\n");
  auto head = client.read_head();
  CHECK_FALSE(head.headers.contains("transfer-encoding"));
  auto stream = fixture.stream(0);
  stream->write("raw");
  stream->close();
  CHECK(client.read_all() == "raw");
}

TEST_CASE("HEAD of a stream gets its head and the end") {
  streaming_server fixture;
  raw_client client{fixture.server.port()};
  client.send("HEAD /watch HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.read_head().status == 200);
  CHECK(client.read_all().empty());
  CHECK(eventually([&] { return fixture.closed == 1; }));
}

TEST_CASE("the server's end closes its streams and calls back before it") {
  std::atomic<int> closed = 0;
  std::vector<std::shared_ptr<http_stream>> streams;
  std::atomic<int> opened = 0;
  auto server = std::make_unique<http_server>(
      http_options{.address = "127.0.0.1"}, [&](const auto& exchange) {
        streams.push_back(exchange->stream(200, "text/plain"));
        streams.back()->on_closed([&] { ++closed; });
        ++opened;
      });
  raw_client one{server->port()};
  raw_client two{server->port()};
  one.send(ask);
  two.send(ask);
  REQUIRE(eventually([&] { return opened == 2; }));
  server.reset();
  CHECK(closed == 2);
  for (auto& stream : streams)
    CHECK_FALSE(stream->is_open());
  one.read_head();
  CHECK(one.read_all().empty());
}

TEST_CASE("a callback given after the end still runs once") {
  streaming_server fixture;
  raw_client client{fixture.server.port()};
  client.send(ask);
  auto stream = fixture.stream(0);
  stream->close();
  CHECK(eventually([&] { return fixture.closed == 1; }));
  std::atomic<int> again = 0;
  stream->on_closed([&] { ++again; });
  CHECK(eventually([&] { return again == 1; }));
}
