#include "cli/printable.hpp"

#include "cli/findings.hpp"
#include "cli/tables.hpp"

#include <catch2/catch.hpp>

using namespace holystone::cli;

TEST_CASE("what a terminal would obey is shown instead") {
  CHECK(printable("\x1b]0;x\x07") == "\\x1b]0;x\\x07");
  CHECK(printable("a\r\nb\tc\x7f") == "a\\x0d\\nb\\tc\\x7f");
  CHECK(printable("\xc2\x9b"
                  "31m")
        == "\\x9b31m");
  CHECK(printable(std::string_view{"\0", 1}) == "\\x00");
}

TEST_CASE("what people write stays as it is") {
  // The last: a no-break space, the first after C1; and half a character.
  for (auto text : {"", "s3://b/p at h", "\\n", "M\xc3\xbcller \xe2\x82\xac",
                    "\xc2\xa0", "a\xc2"})
    CHECK(printable(text) == text);
}

TEST_CASE("a row stays a row, whatever stands in its cells") {
  CHECK(to_table({{"A", "B"}, {"x\ny", "\x1b[2J"}})
        == "A      B\nx\\ny   \\x1b[2J\n");
  CHECK(repository_text({{"reason", "a\nWinner: b"}}).find("a\\nWinner")
        != std::string::npos);
  CHECK(findings_text(to_json({{"c", verdict::failed, "a\nok b", "do\x1b"}}))
        == "failed   c           a\\nok b\n"
           "                     -> do\\x1b\n");
}
