#include "metrics/self_signed.hpp"

#include "test/metrics/raw_client.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <future>

using namespace holystone::metrics;
using holystone::test::eventually;
using holystone::test::raw_client;
using namespace std::chrono_literals;

namespace {

const self_signed& certificates() {
  static const auto made = make_self_signed({"DNS:localhost", "IP:127.0.0.1"});
  return made;
}

http_options tls_options() {
  return {.address = "127.0.0.1", .tls = certificates().server};
}

void hello(const std::shared_ptr<http_exchange>& exchange) {
  exchange->respond({.body = "over TLS: " + exchange->request().body});
}

/// What came of a renewal, or what was wrong with it.
std::string renew(http_server& server, const http_tls& certificate) {
  std::promise<std::string> told;
  server.post([&] {
    try {
      told.set_value(server.renew(certificate) ? "renewed" : "the same");
    } catch (const std::runtime_error& why) {
      told.set_value(why.what());
    }
  });
  return told.get_future().get();
}

} // namespace

TEST_CASE("a client that trusts the authority speaks TLS on one connection") {
  auto options = tls_options();
  options.limits.body_bytes = 500'000;
  http_server server{options, hello};
  raw_client client{server.port()};
  REQUIRE(client.start_tls(certificates().authority, "localhost"));
  CHECK(client.get("/").body == "over TLS: ");
  std::string body(500'000, 'b');
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n"
              + body);
  CHECK(client.read_answer().body == "over TLS: " + body);
}

TEST_CASE("a client that trusts another authority or name refuses") {
  http_server server{tls_options(), hello};
  raw_client stranger{server.port()};
  CHECK_FALSE(stranger.start_tls(make_self_signed({"DNS:localhost"}).authority,
                                 "localhost"));
  raw_client wrong{server.port()};
  CHECK_FALSE(wrong.start_tls(certificates().authority, "elsewhere"));
  raw_client good{server.port()};
  REQUIRE(good.start_tls(certificates().authority, "localhost"));
  CHECK(good.get("/").status == 200);
}

TEST_CASE("plain HTTP on a TLS port is cut and others are served") {
  http_server server{tls_options(), hello};
  raw_client plain{server.port()};
  plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(plain.read_all().find("200") == std::string::npos);
  raw_client good{server.port()};
  REQUIRE(good.start_tls(certificates().authority, "localhost"));
  CHECK(good.get("/").status == 200);
}

TEST_CASE("a handshake that is never finished is cut") {
  auto options = tls_options();
  options.limits.read_timeout = 100ms;
  http_server server{options, hello};
  raw_client silent{server.port()};
  CHECK(silent.is_closed_by_peer());
}

TEST_CASE("a stream over TLS ends with a farewell or when the client leaves") {
  std::shared_ptr<http_stream> stream;
  std::atomic<int> opened = 0;
  std::atomic<int> closed = 0;
  http_server server{tls_options(), [&](const auto& exchange) {
                       stream = exchange->stream(200, "text/plain");
                       stream->on_closed([&] { ++closed; });
                       ++opened;
                     }};
  auto client = std::make_unique<raw_client>(server.port());
  REQUIRE(client->start_tls(certificates().authority, "localhost"));
  client->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client->read_head().status == 200);
  REQUIRE(eventually([&] { return opened == 1; }));
  CHECK(stream->write("one"));
  CHECK(client->read_chunk() == "one");
  stream->close();
  CHECK(client->read_all() == "0\r\n\r\n");
  CHECK(eventually([&] { return closed == 1; }));

  client = std::make_unique<raw_client>(server.port());
  REQUIRE(client->start_tls(certificates().authority, "localhost"));
  client->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client->read_head().status == 200);
  REQUIRE(eventually([&] { return opened == 2; }));
  client.reset();
  CHECK(eventually([&] { return closed == 2; }));
  CHECK_FALSE(stream->write("nobody"));
}

TEST_CASE("a bad certificate, key or file is named") {
  auto options = tls_options();
  options.tls->certificate = "nonsense";
  CHECK_THROWS_WITH((http_server{options, hello}),
                    Catch::Contains("certificate"));
  options = tls_options();
  options.tls->key = make_self_signed({"DNS:other"}).server.key;
  CHECK_THROWS_WITH((http_server{options, hello}), Catch::Contains("key"));
  CHECK_THROWS_WITH(http_tls::from_files("/nowhere/tls.crt", "/nowhere/key"),
                    Catch::Contains("/nowhere/tls.crt"));
  CHECK_THROWS_WITH(make_self_signed({"IP:not-an-address"}),
                    Catch::Contains("not-an-address"));
}

TEST_CASE("a renewed certificate is shown to who comes, and others stay") {
  http_server server{tls_options(), hello};
  raw_client before{server.port()};
  REQUIRE(before.start_tls(certificates().authority, "localhost"));
  CHECK(before.get("/").status == 200);
  auto renewed = make_self_signed({"DNS:localhost"});
  CHECK(renew(server, renewed.server) == "renewed");
  raw_client after{server.port()};
  REQUIRE(after.start_tls(renewed.authority, "localhost"));
  CHECK(after.get("/").status == 200);
  raw_client late{server.port()};
  CHECK_FALSE(late.start_tls(certificates().authority, "localhost"));
  CHECK(before.get("/").status == 200);
  CHECK(renew(server, renewed.server) == "the same");
}

TEST_CASE("a renewal that is half there leaves the certificate as it was") {
  http_server server{tls_options(), hello};
  auto half = make_self_signed({"DNS:localhost"}).server;
  half.key = certificates().server.key;
  CHECK_THAT(renew(server, half), Catch::Contains("TLS key"));
  // Of another kind: it would not meet the certificate's before a handshake.
  half.key
      = "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
        "-----END PRIVATE KEY-----\n";
  CHECK_THAT(renew(server, half), Catch::Contains("TLS key"));
  CHECK_THAT(renew(server, {"nonsense", half.key}),
             Catch::Contains("TLS certificate"));
  raw_client client{server.port()};
  REQUIRE(client.start_tls(certificates().authority, "localhost"));
  CHECK(client.get("/").status == 200);
}

TEST_CASE("certificates are read from files") {
  auto name = std::string{std::tmpnam(nullptr)};
  std::ofstream{name + ".crt"} << certificates().server.certificate;
  std::ofstream{name + ".key"} << certificates().server.key;
  auto options = tls_options();
  options.tls = http_tls::from_files(name + ".crt", name + ".key");
  std::remove((name + ".crt").c_str());
  std::remove((name + ".key").c_str());
  http_server server{options, hello};
  raw_client client{server.port()};
  REQUIRE(client.start_tls(certificates().authority, "localhost"));
  CHECK(client.get("/").status == 200);
}
