#include "k8s_io/base64.hpp"

#include <catch2/catch.hpp>

using holystone::k8s_io::from_base64;

TEST_CASE("base64 is decoded with or without padding and over lines") {
  CHECK(from_base64("") == "");
  CHECK(from_base64("Zg==") == "f");
  CHECK(from_base64("Zm8=") == "fo");
  CHECK(from_base64("Zm9v") == "foo");
  CHECK(from_base64("Zm9v\nYmFy\r\n") == "foobar");
  CHECK(from_base64("Zg") == "f");
  CHECK(from_base64("//79") == "\xff\xfe\xfd");
  std::string zeros(3000, '\0');
  CHECK(from_base64(std::string(4000, 'A')) == zeros);
}

TEST_CASE("what is no base64 is told from what is") {
  for (auto text : {"Z", "Zm9vY", "Zg=", "Zg==Zg==", "Z_9v", "Zm9v!", "===="})
    CHECK_FALSE(from_base64(text));
}
