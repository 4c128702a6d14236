#include "metrics/program_pages.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <string>

namespace {

/// What is resident of files, in kB.
long resident_of_files() {
  std::ifstream status{"/proc/self/status"};
  std::string word;
  while (status >> word)
    if (word == "RssFile:") {
      long size = 0;
      status >> size;
      return size;
    }
  return 0;
}

} // namespace

TEST_CASE("what starting has read of the program is given back") {
  auto before = resident_of_files();
  REQUIRE(before > 0);

  holystone::metrics::return_program_pages();

  CHECK(resident_of_files() < before * 3 / 4);
}
