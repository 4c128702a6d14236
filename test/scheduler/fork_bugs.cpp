#include "scheduler/kopia_environment.hpp"

#include "test/scheduler/secret_table.hpp"

#include <catch2/catch.hpp>

// What the mover script of the Kopia fork got wrong for maintenance, under its
// number in docs/compatibility.md.

using namespace holystone;
using namespace holystone::scheduler;
using namespace holystone::test;

TEST_CASE("BUG-8: a key file is a file for kopia, and never its own path") {
  const auto access = access_repository(
      to_secret(with(gcs, {{"GOOGLE_APPLICATION_CREDENTIALS",
                            R"({"type":"service_account"})"}})),
      "app", std::nullopt, "/config");
  REQUIRE(access);
  REQUIRE(access->files.size() == 1);
  CHECK(access->files.at("gcs.json").reveal()
        == R"({"type":"service_account"})");
  CHECK(access->token.reveal().find("service_account") == std::string::npos);
  for (const auto& [name, value] : access->environment) {
    CHECK(name != "GOOGLE_APPLICATION_CREDENTIALS");
    CHECK(value.reveal().find("service_account") == std::string::npos);
  }
}
