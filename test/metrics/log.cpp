#include "metrics/log.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>
#include <thread>
#include <type_traits>

using namespace holystone::metrics;
using namespace std::chrono_literals;

namespace {

struct wrapped_secret {
  std::string bytes;
};

static_assert(!std::is_constructible_v<log_field, const char*, wrapped_secret>);
static_assert(!std::is_constructible_v<log_field, const char*, void*>);
static_assert(!std::is_constructible_v<log_field, const char*, char>);

// 2026-03-29T01:02:03.045Z
const std::chrono::system_clock::time_point at{1'774'746'123'045ms};

struct captured_log {
  captured_log() {
    redirect_log(&out);
  }
  ~captured_log() {
    redirect_log(nullptr);
    set_log_level(log_level::info);
  }
  std::ostringstream out;
};

} // namespace

TEST_CASE("a log line is one JSON object with its fields in order") {
  std::string name = "apps";
  CHECK(format_log_line(at, log_level::warning, "schedule lost",
                        {{"namespace", name},
                         {"count", 3},
                         {"offset", -4L},
                         {"size", std::size_t{18'446'744'073'709'551'615u}},
                         {"ratio", 0.5},
                         {"leading", false}})
        == R"({"ts":"2026-03-29T01:02:03.045Z","level":"warning",)"
           R"("msg":"schedule lost","namespace":"apps","count":3,)"
           R"("offset":-4,"size":18446744073709551615,"ratio":0.5,)"
           R"("leading":false})");
}

TEST_CASE("nothing in a text can break the line or the JSON") {
  CHECK(format_log_line(at, log_level::info, "a\"b\\c\nd\te\x7f",
                        {{"k\"", "\xff\xc3\xa4\xe2\x82"}})
        == R"({"ts":"2026-03-29T01:02:03.045Z","level":"info",)"
           R"("msg":"a\"b\\c\nd\u0009e\u007f","k\"":"\ufffd)"
           "\xc3\xa4"
           R"(\ufffd\ufffd"})");
  CHECK(format_log_line(at, log_level::info, "m", {{"n", 0.0 / 0.0}})
            .ends_with(R"("n":null})"));
}

TEST_CASE("lines below the chosen level are not written") {
  captured_log captured;
  log_debug("hidden");
  log_info("shown");
  set_log_level(log_level::error);
  log_warning("hidden too");
  log_error("shown too", {{"field", "value"}});
  auto text = captured.out.str();
  CHECK(text.find("hidden") == std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK(text.find(R"("level":"error","msg":"shown too","field":"value"})")
        != std::string::npos);
}

TEST_CASE("a percent sign or a brace in a message is just text") {
  captured_log captured;
  log_info("100 % of {} done %v", {{"k", "{0} %s"}});
  CHECK(captured.out.str().find(R"("msg":"100 % of {} done %v","k":"{0} %s"})")
        != std::string::npos);
}

TEST_CASE("lines from many threads do not mix") {
  captured_log captured;
  std::vector<std::thread> threads;
  for (auto i = 0; i != 4; ++i)
    threads.emplace_back([i] {
      auto message = "thread " + std::to_string(i);
      for (auto n = 0; n != 200; ++n)
        log_info(message, {{"n", n}});
    });
  for (auto& thread : threads)
    thread.join();
  std::istringstream in{captured.out.str()};
  auto lines = 0;
  for (std::string line; std::getline(in, line); ++lines)
    REQUIRE((line.starts_with("{\"ts\":\"") && line.ends_with("}")
             && std::count(line.begin(), line.end(), '{') == 1));
  CHECK(lines == 800);
}

TEST_CASE("a message that repeats without end is thinned and counted") {
  log_throttle throttle{3, 10s};
  log_throttle::instant now{1000s};
  for (auto i = 0; i != 3; ++i)
    CHECK(throttle.admit("failed", now) == 0);
  for (auto i = 0; i != 5; ++i)
    CHECK_FALSE(throttle.admit("failed", now + 9s));
  CHECK(throttle.admit("another", now + 9s) == 0);
  CHECK(throttle.admit("failed", now + 10s) == 5);
  CHECK(throttle.admit("failed", now + 10s) == 0);
  CHECK(format_log_line(at, log_level::info, "failed", {}, 5)
            .ends_with(R"("suppressed":5})"));
}

TEST_CASE("a message made of varying text does not leak memory for ever") {
  log_throttle throttle{1, 10s};
  log_throttle::instant now{1000s};
  for (auto i = 0; i != 5000; ++i)
    CHECK(throttle.admit("message " + std::to_string(i), now) == 0);
  CHECK_FALSE(throttle.admit("message 4999", now));
  CHECK(throttle.admit("message 0", now) == 0);
}

TEST_CASE("level names are parsed and others refused") {
  CHECK(parse_log_level("debug") == log_level::debug);
  CHECK(parse_log_level("warn") == log_level::warning);
  CHECK(parse_log_level("warning") == log_level::warning);
  CHECK_FALSE(parse_log_level("loud"));
}
