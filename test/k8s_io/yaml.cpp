#include "k8s_io/yaml.hpp"

#include <catch2/catch.hpp>

using namespace holystone::k8s_io;

TEST_CASE("several documents are read, and what is no object is left out") {
  auto read = read_yaml("a: [1, 'x', ~]\n---\n---\ntext\n---\n- b: true\n");
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  CHECK((*read)[0] == boost::json::parse(R"({"a":[1,"x",null]})"));
  CHECK((*read)[1] == boost::json::parse(R"([{"b":true}])"));
}

TEST_CASE("broken YAML says where, or that it has no end") {
  auto read = read_yaml("a: b\nc: [d\n");
  REQUIRE_FALSE(read);
  CHECK(read.why().message.find("YAML line ") == 0);
  CHECK_FALSE(read_yaml(R"({MapiVersion":"batch/v1"$"kind":sion":"batch/v1"$"k)"
                        R"(ind":"CronJob","metadata":{"name":"one"}}"CronJob")"
                        R"(,"metadata":{"name":"one"}})"));
}

TEST_CASE("aliases can't fill the memory or hold themselves") {
  CHECK_FALSE(read_yaml("a: &a [*a]\n"));
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    auto n = std::to_string(i);
    auto before = "*a" + std::to_string(i - 1);
    text += "a" + n + ": &a" + n + " [" + before;
    for (int k = 0; k < 9; ++k)
      text += ", " + before;
    text += "]\n";
  }
  CHECK_FALSE(read_yaml(text));
}
