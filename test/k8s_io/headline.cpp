#include "k8s_io/headline.hpp"

#include "k8s_io/watch_lines.hpp"

#include <catch2/catch.hpp>

#include <boost/json/serialize.hpp>

using namespace holystone::k8s_io;

namespace {

std::string headline(std::string_view text) {
  return boost::json::serialize(read_headline(text));
}

} // namespace

TEST_CASE("a member is found whatever surrounds it") {
  auto text = R"( { "a":{"b":"x","c":[1,{"b":"y"}]}, "s":"\"b\":}{", "b" :
    [ 1 ] ,"c":7})";
  CHECK(member_text(text, "b") == "[ 1 ]");
  CHECK(member_text(text, "c") == "7");
  CHECK(member_text(text, "s") == R"("\"b\":}{")");
  CHECK(member_text(member_text(text, "a"), "b") == R"("x")");
  for (auto absent : {"x", "B", "", "\"b"})
    CHECK(member_text(text, absent).empty());
  for (auto none : {"", "[]", "{}", "null", "{\"b\"", "{b:1}", "}"}) {
    INFO(none);
    CHECK(member_text(none, "b").empty());
  }
}

TEST_CASE("of two members of a name the last counts, however it is spelt") {
  // Found by the fuzzer of watch lines: parsing told another type.
  auto text = R"({"type":"ADDED","t\u0079pe":"DELET\u0045D","object":7})";
  CHECK(member_text(text, "type") == R"("DELET\u0045D")");
  CHECK(member_string(text, "type") == "DELETED");
  CHECK_FALSE(member_string(text, "object"));
  CHECK_FALSE(member_string(text, "absent"));
  CHECK(member_string(R"({"type":"ADDED","type)", "type") == "ADDED");
}

TEST_CASE("only what ends with its braces is a whole object") {
  const std::string text = R"( {"a":{"b":"\"}"},"c":[]} )";
  CHECK(is_whole_object(text));
  CHECK(is_whole_object("{}"));
  for (std::size_t size = 0; size < text.size() - 1; ++size) {
    INFO(text.substr(0, size));
    CHECK_FALSE(is_whole_object(std::string_view{text}.substr(0, size)));
  }
  for (auto other : {"[]", "{}{}", "{} {}", "{}}", "{\"}", "<html>"})
    CHECK_FALSE(is_whole_object(other));
}

TEST_CASE("an object that nests without end still has a name") {
  auto head = std::string{R"({"apiVersion":"v1","kind":"X","metadata":)"
                          R"({"annotations":{"name":"no"},"name":"\u0061",)"
                          R"("namespace":"n","resourceVersion":"7",)"
                          R"("uid":"u"},"spec":)"};
  auto expected = R"({"kind":"X","apiVersion":"v1","metadata":{"name":"a",)"
                  R"("namespace":"n","uid":"u","resourceVersion":"7"}})";
  auto deep = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(headline(head + deep + "}") == expected);
  CHECK(headline(head + "\"cut here") == expected);
  CHECK(headline(R"({"kind":7,"metadata":{"name":"\x"}})")
        == R"({"metadata":{}})");
  CHECK(headline(R"({"metadata":{"name":"cu)") == R"({"metadata":{}})");
}
