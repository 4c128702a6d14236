#include "simulator/wire.hpp"

#include "test/metrics/raw_client.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>

using namespace holystone;
using namespace holystone::simulator;
using holystone::test::eventually;
using holystone::test::raw_answer;
using holystone::test::raw_client;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

const instant start{1'795'000'000s};

// A server on a port whose clock stands still.
struct served {
  explicit served(wire_options wanted = {}, background run_beside = {})
      : beside(std::move(run_beside)), front{on_loopback(std::move(wanted)),
                                             server, clock,
                                             [this](instant now) {
                                               return beside ? beside(now)
                                                             : server.step(now);
                                             }} {
    front.inside([](api_server& inside, instant now) {
      REQUIRE_FALSE(inside.install(
          "{apiVersion: v1, kind: Namespace, metadata: {name: apps}}", now));
    });
  }

  static wire_options on_loopback(wire_options from) {
    from.http.address = "127.0.0.1";
    from.http.limits.body_bytes = 3 * 1024 * 1024;
    // No machine is too busy for that.
    from.http.limits.write_timeout = 10min;
    return from;
  }

  api_server server;
  virtual_clock clock{start, 0, std::chrono::steady_clock::now()};
  background beside;
  wire front;
};

raw_answer send(raw_client& client, const std::string& method,
                const std::string& target, const std::string& body = {},
                const std::string& type = "application/json") {
  client.send(method + " " + target + " HTTP/1.1\r\nHost: x\r\nContent-Type: "
              + type + "\r\nUser-Agent: test/1\r\nContent-Length: "
              + std::to_string(body.size()) + "\r\n\r\n" + body);
  return client.read_answer();
}

std::string config_map(const std::string& name) {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name
         + R"("},"data":{"a":"b"}})";
}

const std::string maps = "/api/v1/namespaces/apps/configmaps";

// The next line of a watch; `rest` keeps what came with it in one chunk.
json::value next_event(raw_client& watch, std::string& rest) {
  if (rest.empty())
    rest = watch.read_chunk();
  auto end = rest.find('\n');
  REQUIRE(end != std::string::npos);
  auto line = rest.substr(0, end);
  rest.erase(0, end + 1);
  return json::parse(line);
}

json::value next_event(raw_client& watch) {
  std::string rest;
  auto event = next_event(watch, rest);
  CHECK(rest.empty());
  return event;
}

// The head of a watch of ConfigMaps that begins now.
void open_watch(raw_client& client, const std::string& query = {}) {
  client.send("GET " + maps + "?watch=1" + query
              + " HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(client.read_head().status == 200);
}

} // namespace

TEST_CASE("objects are created, read and deleted over HTTP") {
  served cluster;
  raw_client client{cluster.front.port()};
  auto made = send(client, "POST", maps, config_map("one"));
  CHECK(made.status == 201);
  CHECK(made.headers["content-type"] == "application/json");
  CHECK(json::parse(made.body).at("metadata").at("creationTimestamp")
        == to_rfc3339(start).c_str());
  CHECK(send(client, "POST", maps, config_map("one")).status == 409);
  CHECK(send(client, "GET", maps + "/one").status == 200);
  CHECK(send(client, "DELETE", maps + "/one").status == 200);
  auto gone = send(client, "GET", maps + "/one");
  CHECK(gone.status == 404);
  CHECK(json::parse(gone.body).at("reason") == "NotFound");
}

TEST_CASE("discovery and objects share a connection") {
  served cluster;
  raw_client client{cluster.front.port()};
  CHECK(client.get("/version").status == 200);
  CHECK(client.get("/apis").status == 200);
  CHECK(client.get(maps).status == 200);
  CHECK(client.get("/nowhere").status == 404);
}

TEST_CASE("a body of more than three MiB is refused") {
  served cluster;
  raw_client client{cluster.front.port()};
  client.send("POST " + maps
              + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3145729\r\n\r\n");
  CHECK(client.read_answer().status == 413);
}

TEST_CASE("a watch tells of what others write, in order, at once") {
  served cluster;
  raw_client watch{cluster.front.port()};
  open_watch(watch);
  raw_client client{cluster.front.port()};
  send(client, "POST", maps, config_map("one"));
  auto added = next_event(watch);
  CHECK(added.at("type") == "ADDED");
  CHECK(added.at("object").at("metadata").at("name") == "one");
  send(client, "DELETE", maps + "/one");
  CHECK(next_event(watch).at("type") == "DELETED");
  CHECK(watch.is_silent_for(50ms));
}

TEST_CASE("a watch ends after its timeoutSeconds with an end mark") {
  served cluster;
  raw_client watch{cluster.front.port()};
  auto begin = std::chrono::steady_clock::now();
  open_watch(watch, "&timeoutSeconds=1");
  CHECK(watch.read_all() == "0\r\n\r\n");
  CHECK(std::chrono::steady_clock::now() - begin >= 1s);
}

TEST_CASE("bookmarks come to those who allow them and to nobody else") {
  served cluster{{.bookmark_interval = 50ms}};
  raw_client asks{cluster.front.port()};
  open_watch(asks, "&allowWatchBookmarks=true");
  raw_client silent{cluster.front.port()};
  open_watch(silent);
  auto event = next_event(asks);
  CHECK(event.at("type") == "BOOKMARK");
  CHECK(next_event(asks).at("type") == "BOOKMARK");
  CHECK(silent.is_silent_for(150ms));
}

TEST_CASE("a watcher that leaves is forgotten by the server") {
  served cluster;
  auto watch = std::make_unique<raw_client>(cluster.front.port());
  open_watch(*watch);
  watch.reset();
  // The first watch has the first id.
  CHECK(eventually([&] {
    auto ended = false;
    cluster.front.inside(
        [&](api_server& server, instant) { ended = server.pull(1).ended; });
    return ended;
  }));
}

TEST_CASE("a watch from a version that is gone gets 410 and ends") {
  served cluster;
  raw_client client{cluster.front.port()};
  auto version = json::parse(client.get(maps).body)
                     .at("metadata")
                     .at("resourceVersion")
                     .as_string();
  send(client, "POST", maps, config_map("one"));
  cluster.front.inside([](api_server& server, instant) { server.compact(); });
  raw_client watch{cluster.front.port()};
  watch.send("GET " + maps + "?watch=1&resourceVersion=" + std::string{version}
             + " HTTP/1.1\r\nHost: x\r\n\r\n");
  auto head = watch.read_head();
  if (head.status == 200) {
    auto event = next_event(watch);
    CHECK(event.at("type") == "ERROR");
    CHECK(event.at("object").at("code") == 410);
    CHECK(watch.read_all() == "0\r\n\r\n");
  } else {
    CHECK(head.status == 410);
  }
}

TEST_CASE("a watcher that does not read costs bounded memory") {
  served cluster;
  raw_client sleeper{cluster.front.port(), AF_INET, 4096};
  sleeper.send("GET " + maps + "?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  raw_client other{cluster.front.port()};
  CHECK(other.get(maps).status == 200);
  std::string big(200'000, 'x');
  for (auto i = 0; i != 60; ++i)
    REQUIRE(send(other, "POST", maps,
                 R"({"metadata":{"name":"n)" + std::to_string(i)
                     + R"("},"data":{"k":")" + big + R"("}})")
                .status
            == 201);
  raw_client watch{cluster.front.port()};
  open_watch(watch);
  CHECK(other.get(maps + "/n1").status == 200);
  // Everything is still there for the sleeper once it reads.
  sleeper.read_head();
  auto seen = 0;
  std::string rest;
  while (seen != 60 && next_event(sleeper, rest).at("type") == "ADDED")
    ++seen;
  CHECK(seen == 60);
}

TEST_CASE("what runs beside the server runs after a change and when it asked") {
  std::vector<instant> runs;
  served cluster{{}, [&](instant now) -> std::optional<instant> {
                   if (runs.empty() || runs.back() != now)
                     runs.push_back(now);
                   if (now < start + 3600s)
                     return start + 1800s * ((now - start) / 1800s + 1);
                   return std::nullopt;
                 }};
  raw_client client{cluster.front.port()};
  CHECK(eventually([&] {
    auto count = std::size_t{0};
    cluster.front.inside([&](api_server&, instant) { count = runs.size(); });
    return count == 1;
  }));
  auto answer
      = send(client, "POST", "/simulator/clock", R"({"advanceSeconds":4000})");
  CHECK(json::parse(answer.body).at("now")
        == to_rfc3339(start + 4000s).c_str());
  std::vector<instant> copy;
  cluster.front.inside([&](api_server&, instant) { copy = runs; });
  CHECK(copy == std::vector<instant>{start, start + 1800s, start + 3600s});
}

TEST_CASE("requests are counted by verb and resource, watches apart") {
  served cluster;
  raw_client client{cluster.front.port()};
  client.get(maps);
  client.get(maps);
  client.get(maps + "/none");
  send(client, "POST", maps, config_map("one"));
  client.get("/version");
  raw_client watch{cluster.front.port()};
  open_watch(watch);
  auto counts = json::parse(client.get("/simulator/requests").body);
  CHECK(counts
        == json::value({{"GET configmaps", 1},
                        {"LIST configmaps", 2},
                        {"POST configmaps", 1},
                        {"WATCH configmaps", 1}}));
}

TEST_CASE("after a compaction no watch goes on where it was") {
  served cluster;
  raw_client watch{cluster.front.port()};
  open_watch(watch);
  raw_client client{cluster.front.port()};
  auto one = json::parse(send(client, "POST", maps, config_map("one")).body);
  send(client, "POST", maps, config_map("two"));
  std::string rest;
  next_event(watch, rest);
  next_event(watch, rest);
  auto done = send(client, "POST", "/simulator/compaction", "{}");
  CHECK(json::parse(done.body) == json::value{{"endedWatches", 1}});
  CHECK(watch.read_all() == "0\r\n\r\n");
  raw_client again{cluster.front.port()};
  open_watch(
      again,
      "&resourceVersion="
          + std::string{one.at("metadata").at("resourceVersion").as_string()});
  auto told = next_event(again);
  CHECK(told.at("type") == "ERROR");
  CHECK(told.at("object").at("code") == 410);
}

TEST_CASE("a control answers what it understands and refuses the rest") {
  wire_options options;
  options.controls["/simulator/echo"] = [](const json::object& wish) {
    return wish.contains("say") ? wish.at("say") : json::value(nullptr);
  };
  served cluster{options};
  raw_client client{cluster.front.port()};
  CHECK(send(client, "POST", "/simulator/echo", R"({"say":"x"})").body
        == "\"x\"\n");
  CHECK(send(client, "POST", "/simulator/echo", "{}").status == 400);
  CHECK(send(client, "POST", "/simulator/echo", "[1").status == 400);
  CHECK(send(client, "POST", "/simulator/other", "{}").status == 404);
}

TEST_CASE("the end of the front ends its watches") {
  auto cluster = std::make_unique<served>();
  raw_client watch{cluster->front.port()};
  open_watch(watch);
  cluster.reset();
  CHECK(watch.read_all().empty());
}
