// Watches over real sockets.

#include "raw_server.hpp"
#include "transport_harness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <random>

using namespace holystone;
using namespace holystone::k8s_io;
using namespace holystone::test;

namespace {

request order() {
  auto out = jobs(verb::watch, "");
  out.resource_version = "5";
  out.timeout = seconds{300};
  return out;
}

std::string numbered(int number) {
  return fmt::format(R"({{"type":"ADDED","object":{{"n":{}}}}})", number);
}

/// Sends so many lines in chunks of random sizes and ends the answer.
void send(raw_connection& to, int lines, std::size_t largest) {
  std::string text;
  for (auto i = 0; i < lines; ++i)
    text += numbered(i) + "\n";
  to.begin_stream();
  std::mt19937 random{5};
  for (std::string_view rest = text; !rest.empty();) {
    auto size = 1 + random() % largest;
    if (!to.chunk(rest.substr(0, size)))
      return;
    rest.remove_prefix(std::min(rest.size(), size));
  }
  to.chunk("");
}

} // namespace

TEST_CASE("R-19: a watch's lines come in order through any chunking") {
  raw_server server{[](raw_connection& to) {
    to.read_request();
    send(to, 3'000, 97);
  }};
  recorder watched;
  transport_limits limits;
  limits.window = 10'000;
  transport net{anonymous(server.url()), limits};
  net.open_watch(order(), watched.listener());
  auto lines = watched.lines(3'000);
  for (auto i = 0; i < 3'000; ++i)
    REQUIRE(lines[static_cast<std::size_t>(i)] == numbered(i));
  auto end = watched.end();
  CHECK(end.status == 200);
  CHECK(end.failure.empty());
}

TEST_CASE("a watch is asked for as the API expects it") {
  std::promise<raw_request> seen;
  raw_server server{[&](raw_connection& to) {
    if (auto got = to.read_request()) {
      to.answer(200, "");
      seen.set_value(*got);
    }
  }};
  recorder watched;
  transport net{anonymous(server.url())};
  net.open_watch(order(), watched.listener());
  CHECK(watched.end().status == 200);
  auto got = seen.get_future().get();
  CHECK(got.line()
        == "GET /apis/batch/v1/namespaces/n/jobs?watch=true&"
           "allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=300");
  CHECK(got.field("Accept-Encoding").empty());
}

TEST_CASE("R-19: a watch outlives the time of ordinary requests") {
  std::promise<void> timed_out;
  raw_server server{[&](raw_connection& to) {
    if (to.read_request()->line().find("watch=true") != std::string::npos) {
      to.begin_stream();
      to.chunk(numbered(0) + "\n");
      timed_out.get_future().wait_for(deadline);
      to.chunk(numbered(1) + "\n");
    }
    to.wait_for_close();
  }};
  recorder watched;
  transport_limits limits;
  limits.request_timeout = 100ms;
  transport net{anonymous(server.url()), limits};
  net.open_watch(order(), watched.listener());
  watched.lines(1);
  // A request that began after the watch is given up, the watch is not.
  CHECK(ask(net, jobs()).status == 0);
  timed_out.set_value();
  CHECK(watched.lines(2).size() == 2);
  CHECK_FALSE(watched.has_ended());
}

TEST_CASE("R-19: a watch that has gone silent is ended") {
  CHECK(at_some_pace([](std::chrono::milliseconds silence) {
    transport_limits limits;
    limits.watch_silence = silence;
    std::atomic<std::size_t> sent{0};
    std::atomic<bool> is_quiet{false};
    raw_server server{[&](raw_connection& to) {
      to.read_request();
      to.begin_stream();
      // Bookmarks keep it alive for longer than it may be silent.
      auto until = std::chrono::steady_clock::now() + 2 * silence;
      while (std::chrono::steady_clock::now() < until) {
        to.chunk(numbered(static_cast<int>(sent++)) + "\n");
        std::this_thread::sleep_for(silence / 50);
      }
      is_quiet = true;
      to.wait_for_close();
    }};
    recorder watched;
    transport net{anonymous(server.url()), limits};
    net.open_watch(order(), watched.listener());
    auto end = watched.end();
    return is_quiet && watched.count() == sent && end.status == 200
           && end.failure == "the server has been silent for too long";
  }));
}

TEST_CASE("R-19: a watch that gets no answer at all is ended") {
  raw_server server{[](raw_connection& to) {
    to.read_request();
    to.wait_for_close();
  }};
  recorder watched;
  transport_limits limits;
  limits.watch_silence = 200ms;
  transport net{anonymous(server.url()), limits};
  net.open_watch(order(), watched.listener());
  auto end = watched.end();
  CHECK(end.status == 0);
  CHECK_FALSE(end.failure.empty());
}

TEST_CASE("a watch cut within a line delivers the whole lines and says so") {
  raw_server server{[](raw_connection& to) {
    to.read_request();
    to.begin_stream();
    to.chunk(numbered(0) + "\n" + numbered(1).substr(0, 9));
  }};
  recorder watched;
  transport net{anonymous(server.url())};
  net.open_watch(order(), watched.listener());
  auto end = watched.end();
  CHECK(end.status == 200);
  CHECK_FALSE(end.failure.empty());
  CHECK(watched.lines(1) == std::vector{numbered(0)});

  // The same, but the server ends its answer in due form.
  raw_server tidy{[](raw_connection& to) {
    to.read_request();
    to.begin_stream();
    to.chunk(numbered(1).substr(0, 9));
    to.chunk("");
  }};
  recorder second;
  transport other{anonymous(tidy.url())};
  other.open_watch(order(), second.listener());
  CHECK(second.end().failure == "the stream ended within a line");
}

TEST_CASE("a refused watch tells status, body and Retry-After") {
  raw_server server{[](raw_connection& to) {
    to.read_request();
    to.answer(410, R"({"kind":"Status","code":410})");
    to.read_request();
    to.answer(429, std::string(200'000, 'x'), "Retry-After: 3\r\n");
  }};
  transport net{anonymous(server.url())};
  recorder gone, busy;
  net.open_watch(order(), gone.listener());
  CHECK(gone.end().status == 410);
  CHECK(gone.end().body == R"({"kind":"Status","code":410})");
  net.open_watch(order(), busy.listener());
  CHECK(busy.end().status == 429);
  CHECK(busy.end().retry_after == seconds{3});
  CHECK(busy.end().body.size() == 64 * 1024);
  CHECK(busy.count() == 0);
}

TEST_CASE("a line longer than allowed ends its watch") {
  raw_server server{[](raw_connection& to) {
    to.read_request();
    to.begin_stream();
    to.chunk(numbered(0) + "\n");
    while (to.chunk(std::string(50'000, 'x'))) {
      // nop
    }
  }};
  recorder watched;
  transport_limits limits;
  limits.line_bytes = 1'000'000;
  transport net{anonymous(server.url()), limits};
  net.open_watch(order(), watched.listener());
  CHECK(watched.end().failure == "a line is longer than 1000000 bytes");
  CHECK(watched.count() == 1);
}

TEST_CASE("a 3 MiB line passes with the limits as they are") {
  auto line = R"({"type":"ADDED","object":{"x":")"
              + std::string(std::size_t{3} << 20, 'x') + R"("}})";
  raw_server server{[&](raw_connection& to) {
    to.read_request();
    to.begin_stream();
    to.chunk(line + "\n");
    to.wait_for_close();
  }};
  recorder watched;
  transport net{anonymous(server.url())};
  net.open_watch(order(), watched.listener());
  CHECK(watched.lines(1).front() == line);
}

TEST_CASE("an unconsumed watch pauses, and goes on as it is consumed") {
  constexpr auto all = 50'000;
  raw_server server{[](raw_connection& to) {
    while (auto got = to.read_request())
      if (got->line().find("watch=true") == std::string::npos)
        to.answer(200, "{}");
      else
        send(to, all, 60'000);
  }};
  recorder watched;
  transport_limits limits;
  limits.window = 100;
  transport net{anonymous(server.url()), limits};
  auto id = net.open_watch(order(), watched.listener());
  // A buffer that was read is delivered whole: 16 KiB of lines more at most.
  auto one_buffer = 16'384 / numbered(0).size();
  watched.lines(100);
  ask(net, jobs());
  auto paused_at = watched.count();
  CHECK(paused_at <= 100 + one_buffer);
  // While other sockets are served, nothing more is read from this one.
  for (auto i = 0; i < 100; ++i)
    REQUIRE(ask(net, jobs()).status == 200);
  CHECK(watched.count() == paused_at);
  std::size_t granted = 0;
  while (watched.count() < all) {
    auto seen = watched.count();
    net.grant(id, seen - granted);
    granted = seen;
    REQUIRE(watched.count() <= granted + 100 + 3 * one_buffer);
    std::this_thread::yield();
  }
  auto lines = watched.lines(all);
  for (auto i = 0; i < all; ++i)
    REQUIRE(lines[static_cast<std::size_t>(i)] == numbered(i));
  net.grant(id, 1'000);
  CHECK(watched.end().failure.empty());
}

TEST_CASE("paused watches starve no request and are not called silent") {
  raw_server server{[](raw_connection& to) {
    while (auto got = to.read_request()) {
      if (got->line().find("watch=true") == std::string::npos) {
        to.answer(200, "{}");
        continue;
      }
      to.begin_stream();
      for (auto i = 0; to.chunk(numbered(i) + "\n"); ++i) {
        // nop
      }
    }
  }};
  CHECK(at_some_pace([&](std::chrono::milliseconds silence) {
    transport_limits limits;
    limits.window = 10;
    limits.in_flight = 1;
    limits.urgent = 1;
    limits.urgent_timeout = deadline;
    limits.watch_silence = silence;
    std::vector<std::unique_ptr<recorder>> watched;
    transport net{anonymous(server.url()), limits};
    for (auto i = 0; i < 8; ++i) {
      watched.push_back(std::make_unique<recorder>());
      net.open_watch(order(), watched.back()->listener());
    }
    REQUIRE(eventually([&] {
      return std::ranges::all_of(watched, [](const auto& one) {
        return one->count() >= 10 || one->has_ended();
      });
    }));
    auto until = std::chrono::steady_clock::now() + 2 * silence;
    for (auto i = 0; i < 100 || std::chrono::steady_clock::now() < until; ++i)
      REQUIRE(ask(net, jobs()).status == 200);
    CHECK(ask(net, jobs(), urgency::urgent).status == 200);
    return std::ranges::none_of(
        watched, [](const auto& one) { return one->has_ended(); });
  }));
}

TEST_CASE("a cancelled watch closes its connection and says no more") {
  std::atomic<bool> closed{false};
  raw_server server{[&](raw_connection& to) {
    to.read_request();
    to.begin_stream();
    to.chunk(numbered(0) + "\n");
    closed = to.wait_for_close();
  }};
  recorder watched;
  transport net{anonymous(server.url())};
  auto id = net.open_watch(order(), watched.listener());
  watched.lines(1);
  net.cancel(id);
  CHECK(eventually([&] { return closed.load(); }));
  CHECK_FALSE(watched.has_ended());
  // Both are harmless now.
  net.cancel(id);
  net.grant(id, 5);
}

TEST_CASE("a watch cancelled before it began says nothing") {
  raw_server server{[](raw_connection& to) {
    to.read_request();
    to.answer(200, "");
  }};
  recorder watched;
  transport net{anonymous(server.url())};
  for (auto i = 0; i < 50; ++i)
    net.cancel(net.open_watch(order(), watched.listener()));
  CHECK(ask(net, jobs()).status == 200);
  CHECK(watched.count() == 0);
}
