#include "k8s_io/list_pages.hpp"

#include "gzipped.hpp"

#include <catch2/catch.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <random>

using namespace holystone::k8s_io;

namespace {

struct reading {
  std::vector<std::string> items;
  std::optional<holystone::error> failed;
};

std::optional<holystone::error> failure_of(std::string_view text,
                                           const list_reader& how) {
  auto got = read_list(text, how);
  return got ? std::nullopt : std::optional{got.why()};
}

reading read(std::string_view text, bool without_managers = false) {
  reading out;
  list_reader how;
  how.take = [&](const boost::json::value& item) {
    out.items.push_back(boost::json::serialize(item));
  };
  how.without_managers = without_managers;
  out.failed = failure_of(text, how);
  return out;
}

holystone::result<list_header> read_list_header(std::string_view text) {
  return read_list(text, {[](auto&) {},
                          [](auto&) {
                          }});
}

} // namespace

TEST_CASE("a list is read in the order of its items") {
  auto text = R"( {"kind":"JobList", "apiVersion" : "batch/v1",
    "metadata":{"resourceVersion":"9","continue":"c","remainingItemCount":1},
    "items":[ {"a":"]}\"\\"} , {"b":[{"c":{}}]} ]} )";
  auto header = read_list_header(text);
  REQUIRE(header);
  CHECK(header->kind == "JobList");
  CHECK(header->api_version == "batch/v1");
  CHECK(header->resource_version == "9");
  CHECK(header->continue_token == "c");
  auto got = read(text);
  CHECK_FALSE(got.failed);
  CHECK(
      got.items
      == std::vector<std::string>{R"({"a":"]}\"\\"})", R"({"b":[{"c":{}}]})"});
}

TEST_CASE("the kind may come after the items, as with custom resources") {
  auto header = read_list_header(
      R"({"apiVersion":"v1","items":[{}],"kind":"XList","metadata":{}})");
  REQUIRE(header);
  CHECK(header->kind == "XList");
  CHECK(header->continue_token.empty());
}

TEST_CASE("an empty list has no items or null") {
  for (auto text : {R"({"items":[]})", R"({"items":null})"}) {
    CHECK(read_list_header(text));
    auto got = read(text);
    CHECK_FALSE(got.failed);
    CHECK(got.items.empty());
  }
}

TEST_CASE("what is no list is an error") {
  for (auto text : {"", "null", "[]", "<html>", "{", R"({"items":{}})",
                    R"({"kind":"Job"})", R"({"items":[]} x)", R"({"items":[])",
                    R"({"items")", R"({"items":})"}) {
    INFO(text);
    CHECK_FALSE(read_list_header(text));
  }
  for (auto text :
       {R"({"items":[{]})", R"({"items":[1]})", R"({"items":[{} {}]})",
        R"({"items":[{"a":}]})", R"({"items":[{},]})"}) {
    INFO(text);
    CHECK(read(text).failed);
  }
}

TEST_CASE("no cut of a list is read as a whole one") {
  const std::string text
      = R"({"kind":"L","metadata":{"x":"\"]"},"items":[{"a":"\\"},{"b":[1]}]})";
  REQUIRE(read_list_header(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    INFO(text.substr(0, size));
    CHECK_FALSE(read_list_header(std::string_view{text}.substr(0, size)));
  }
}

TEST_CASE("a list may hold many large items") {
  // Each fills the parse buffer several times over.
  boost::json::array large(1'000, boost::json::object{{"key", "value"}});
  boost::json::array items(60, boost::json::object{{"large", large}});
  auto text = boost::json::serialize(boost::json::object{{"items", items}});
  std::size_t count = 0;
  CHECK(read_list(text, {[&](const boost::json::value& item) {
                    count += item.at("large").as_array().size();
                  }}));
  CHECK(count == 60 * 1'000);
}

TEST_CASE("a compressed list is read like its text, and no cut of it is") {
  std::string text = R"({"kind":"JobList","metadata":{},"items":[)";
  for (auto i = 0; i < 3'000; ++i)
    text += fmt::format(R"({}{{"name":"{}","text":"}}]\""}})",
                        i == 0 ? "" : ",", i * 7919);
  text += "]}";
  auto plain = read(text);
  REQUIRE_FALSE(plain.failed);
  REQUIRE(plain.items.size() == 3'000);
  auto compressed = gzipped(text);
  REQUIRE(compressed.size() < text.size() / 2);
  auto got = read(compressed);
  CHECK_FALSE(got.failed);
  CHECK(got.items == plain.items);
  CHECK(read_list_header(compressed)->kind == "JobList");
  for (std::size_t size = 0; size < compressed.size(); size += 61)
    CHECK(read(compressed.substr(0, size)).failed);
  CHECK(read(compressed + compressed).failed);
}

TEST_CASE("R-10: an item that can't be read is skipped by name") {
  auto item = [](const char* name, const std::string& spec) {
    return fmt::format(R"({{"kind":"X","metadata":{{"namespace":"n",)"
                       R"("name":"{}","uid":"u"}},"spec":{}}})",
                       name, spec);
  };
  auto deep = std::string(200, '[') + std::string(200, ']');
  auto large = '"' + std::string(std::size_t{5} << 20, 'x') + '"';
  auto text = R"({"items":[)" + item("a", "{}") + ',' + item("deep", deep) + ','
              + item("large", large) + R"(,7,"]}{",null,[{}],)"
              + item("mad", "{:}") + ',' + item("z", "0") + "]}";
  for (auto& body : {text, gzipped(text)}) {
    std::vector<std::string> items;
    std::vector<std::string> skipped;
    list_reader how;
    how.take = [&](const boost::json::value& object) {
      items.push_back(object.at("metadata").at("name").as_string().c_str());
    };
    how.skip = [&](const unreadable_item& which) {
      auto* name
          = which.headline.at("metadata").as_object().if_contains("name");
      skipped.push_back(name ? name->as_string().c_str() : "");
      CHECK_FALSE(which.why.empty());
    };
    CHECK(read_list(body, how));
    CHECK(read_list_header(body));
    CHECK(items == std::vector<std::string>{"a", "z"});
    std::sort(skipped.begin(), skipped.end());
    CHECK(skipped
          == std::vector<std::string>{"", "", "", "", "deep", "large", "mad"});
    CHECK(read(body).failed); // who does not skip must not overlook one
    for (std::size_t size : {text.size() - 1, text.size() - 2, text.size() / 2})
      CHECK_FALSE(read_list_header(std::string_view{text}.substr(0, size)));
  }
}

TEST_CASE("an item that is longer than any object is not waited for") {
  auto endless = std::string(std::size_t{16} << 20, 'x');
  for (auto text : {R"({"items":[{"a":")" + endless, R"({"a":")" + endless}) {
    auto got = read(gzipped(text));
    REQUIRE(got.failed);
    CHECK(got.failed->message.find("compressed") == std::string::npos);
  }
}

TEST_CASE("a list must be of the kind that was asked for") {
  auto count = 0;
  list_reader how{[&](const boost::json::value&) {
    ++count;
  }};
  how.kind = "JobList";
  CHECK(read_list(R"({"kind":"JobList","items":[{"a":1},{"b":2}]})", how));
  CHECK(read_list(R"({"items":[{"kind":"Job"}],"kind":"JobList"})", how));
  CHECK(count == 3);
  // None of these items is taken for a Job.
  for (auto text : {R"({"kind":"PodList","items":[{"a":1}]})",
                    R"({"items":[{"a":1}],"kind":"JobList"})",
                    R"({"items":[{"a":1}]})", R"({"kind":7,"items":[{}]})",
                    R"({"kind":"PodList","items":[]})", R"({"items":[]})"}) {
    INFO(text);
    CHECK_FALSE(read_list(text, how));
  }
  CHECK(count == 3);
  CHECK_FALSE(read_list(R"({"items":[{"kind":"Job"}],"kind":"PodList"})", how));
}

TEST_CASE("who wrote which field is left out for those who ask for that") {
  auto lean = [](const std::string& object) {
    auto got = read(R"({"items":[)" + object + "]}", true);
    REQUIRE_FALSE(got.failed);
    return got.items.at(0);
  };
  CHECK(lean(R"({"metadata":{"name":"a","managedFields":[{"b":["]"]}],"c":1}})")
        == R"({"metadata":{"name":"a","managedFields":[],"c":1}})");
  CHECK(lean(R"({"metadata":{"managedFields":{"a":{}}},"spec":{}})")
        == R"({"metadata":{"managedFields":{}},"spec":{}})");
  // What only looks like it stays.
  for (std::string object :
       {R"({"managedFields":[1]})", R"({"a":{"b":{"managedFields":[1]}}})",
        R"({"a":{"b\",\"managedFields":[1]}})", R"({"a":{"managedFields":7}})",
        R"({"a":{"b":"managedFields"},"c":[[1]]})",
        R"({"a":["managedFields",[1]]})", R"({"a":{"xmanagedFields":[1]}})"})
    CHECK(lean(object) == object);
  CHECK(read(R"({"items":[{"a":{"managedFields":[1}]})", true).failed);
}

TEST_CASE("managers are left out wherever the parts of a list end") {
  boost::json::array items, lean;
  for (auto i = 0; i < 4'000; ++i) {
    boost::json::object object{
        {"metadata",
         {{"name", std::string(static_cast<std::size_t>(i % 37), 'x')},
          {"managedFields", {{{"f:a", {{"f:b", "]}"}}}}}},
          {"uid", i}}}};
    items.push_back(object);
    object["metadata"].as_object()["managedFields"] = boost::json::array{};
    lean.push_back(object);
  }
  auto text = boost::json::serialize(boost::json::object{{"items", items}});
  auto got = read(gzipped(text), true);
  REQUIRE_FALSE(got.failed);
  REQUIRE(got.items.size() == lean.size());
  for (std::size_t i = 0; i < lean.size(); ++i)
    REQUIRE(got.items[i] == boost::json::serialize(lean[i]));
}

TEST_CASE("items under a name that is spelt strangely are not overlooked") {
  CHECK(read(R"({"\u0069tems":[{"a":1}]})").failed);
}

TEST_CASE("reading agrees with a whole parse on random objects") {
  std::mt19937 random{11};
  const char* pieces[] = {"\"", "\\", "{", "}", "[", "]", ",", ":", "x", "\n"};
  for (auto round = 0; round < 300; ++round) {
    boost::json::array items;
    for (auto n = random() % 4; n > 0; --n) {
      std::string key, value;
      for (auto i = random() % 6; i > 0; --i)
        key += pieces[random() % 10];
      for (auto i = random() % 6; i > 0; --i)
        value += pieces[random() % 10];
      items.push_back({{key, {value, {{key, nullptr}}}}, {"n", 1.5}});
    }
    boost::json::object list{{"items", items}, {"kind", "L"}};
    auto text = boost::json::serialize(list);
    REQUIRE(read_list_header(text));
    auto got = read(text);
    REQUIRE_FALSE(got.failed);
    REQUIRE(got.items.size() == items.size());
    for (std::size_t i = 0; i < items.size(); ++i)
      REQUIRE(got.items[i] == boost::json::serialize(items[i]));
  }
}
