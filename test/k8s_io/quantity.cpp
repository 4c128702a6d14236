#include "k8s_io/quantity.hpp"

#include <catch2/catch.hpp>

using holystone::k8s_io::normal_quantity;
namespace json = boost::json;

TEST_CASE("equal quantities are equal however they are written") {
  const std::vector<std::pair<json::value, json::value>> equal{
      {"0.5", "500m"}, {"1", "1000m"},      {1, "1"},        {"1Gi", "1024Mi"},
      {"1k", "1000"},  {"1e3", "1000"},     {"1M", "1000k"}, {"+1", "1"},
      {0.5, "500m"},   {"1.5Gi", "1536Mi"}, {"0", "0m"},     {"100m", "0.1"},
      {"1E", "1000P"}, {"250u", "250000n"}};
  for (const auto& [a, b] : equal) {
    INFO(a << " " << b);
    CHECK(normal_quantity(a) == normal_quantity(b));
  }
}

TEST_CASE("different quantities differ") {
  const std::vector<std::pair<json::value, json::value>> different{
      {"1G", "1Gi"}, {"1", "1m"}, {"512Mi", "511Mi"}, {"1K", "1k"}};
  for (const auto& [a, b] : different) {
    INFO(a << " " << b);
    CHECK(normal_quantity(a) != normal_quantity(b));
  }
}

TEST_CASE("what is no quantity comes back as it is") {
  for (auto text : {"", "lots", "1Zi", "1 Gi", "Gi"})
    CHECK(normal_quantity(text) == text);
}
