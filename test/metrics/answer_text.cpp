#include "metrics/answer_text.hpp"

#include "inflated.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace holystone::metrics;
using holystone::test::inflated;

TEST_CASE("a text leaves as it was made, compressed or not") {
  std::string whole;
  answer_text plain{false};
  answer_text small{true};
  for (auto i = 0; i < 20'000; ++i) {
    auto part = "line " + std::to_string(i * 7919) + "\n";
    whole += part;
    plain.put(part);
    small.put(part);
  }
  CHECK(plain.finish() == whole);
  auto compressed = small.finish();
  CHECK(compressed.size() < whole.size() / 2);
  CHECK(inflated(compressed) == whole);
  CHECK(inflated(answer_text{true}.finish()).empty());
}

TEST_CASE("parts that were compressed before stand among others") {
  std::string whole;
  text_packer packer;
  std::vector<packed_text> packed;
  std::vector<std::string> parts;
  for (auto i = 0; i < 50; ++i) {
    parts.push_back(std::string(static_cast<std::size_t>(i * 997), 'x')
                    + "some words");
    packed.push_back(packer.pack(parts.back()));
  }
  CHECK(packer.pack("").blocks.empty());
  // In two texts, each time among other words.
  for (auto round = 0; round < 2; ++round) {
    answer_text text{true};
    std::string expected;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i % 3 != 0) {
        text.put("some words of " + std::to_string(i * 7919));
        text.put(" some words");
        expected += "some words of " + std::to_string(i * 7919) + " some words";
      }
      text.put(packed[(i * 7) % 50]);
      expected += parts[(i * 7) % 50];
    }
    CHECK(inflated(text.finish()) == expected);
  }
}

TEST_CASE("an answer is compressed for who says that he takes it") {
  CHECK(takes_gzip("gzip"));
  CHECK(takes_gzip("deflate, gzip;q=1.0, *;q=0.5"));
  CHECK_FALSE(takes_gzip(""));
  CHECK_FALSE(takes_gzip("identity"));
  CHECK_FALSE(takes_gzip("gzip;q=0"));
  CHECK_FALSE(takes_gzip("gzip;q=0, identity"));
}
