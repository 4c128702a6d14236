#include "k8s_io/watch_lines.hpp"

#include <catch2/catch.hpp>

#include <boost/json/object.hpp>

#include <random>

using namespace holystone::k8s_io;

TEST_CASE("R-19: lines come out the same however the bytes are cut") {
  const std::string stream = "{\"a\":1}\n\r\n{\"b\":\"\xc3\xa4\"}\r\n\n{}\n";
  const std::vector<std::string> expected{"{\"a\":1}", "{\"b\":\"\xc3\xa4\"}",
                                          "{}"};
  std::mt19937 random{7};
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    line_splitter splitter{64};
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < stream.size(); at += size)
      REQUIRE(splitter.feed(std::string_view{stream}.substr(at, size), lines));
    CHECK(lines == expected);
    CHECK_FALSE(splitter.is_within_line());
  }
  for (auto round = 0; round < 200; ++round) {
    line_splitter splitter{64};
    std::vector<std::string> lines;
    for (std::string_view rest = stream; !rest.empty();) {
      auto size = std::min<std::size_t>(rest.size(), random() % 9);
      REQUIRE(splitter.feed(rest.substr(0, size), lines));
      rest.remove_prefix(size);
    }
    REQUIRE(lines == expected);
  }
}

TEST_CASE("R-19: a line longer than allowed is refused, however it comes") {
  std::vector<std::string> lines;
  line_splitter whole{10};
  CHECK(whole.feed("0123456789\n", lines));
  CHECK_FALSE(whole.feed("0123456789a\n", lines));
  line_splitter pieces{10};
  CHECK(pieces.feed("012345", lines));
  CHECK(pieces.is_within_line());
  CHECK_FALSE(pieces.feed("678901", lines));
  CHECK(lines == std::vector<std::string>{"0123456789"});
}

TEST_CASE("a watch line is a type and an object") {
  auto event
      = parse_watch_line(R"({"type":"MODIFIED","object":{"kind":"Job"}})", {});
  REQUIRE(event);
  CHECK(event->type == event_type::modified);
  CHECK(event->object.as_object().at("kind") == "Job");
  event = parse_watch_line(R"({"type":"BOOKMARK"})", {});
  REQUIRE(event);
  CHECK(event->type == event_type::bookmark);
  CHECK(event->object.is_null());
  event = parse_watch_line(R"({"type":"NEWS","object":{}})", {});
  REQUIRE(event);
  CHECK(event->type == event_type::unknown);
}

TEST_CASE("what is no event is an error and no crash") {
  for (auto text :
       {"", "{", R"({"type":"ADDED","object":{"a)", "[]", "null", "<html>",
        R"({"type":1,"object":{}})", R"({"object":{}})", "{} {}"})
    CHECK_FALSE(parse_watch_line(text, {}));
}

TEST_CASE("objects may nest as deep as managedFields does") {
  std::string deep;
  for (auto i = 0; i < 60; ++i)
    deep += R"({"f:x":)";
  deep += "{}" + std::string(60, '}');
  CHECK(parse_watch_line(R"({"type":"ADDED","object":)" + deep + "}", {}));
}
