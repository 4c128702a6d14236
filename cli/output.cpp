#include "cli/output.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>

#include "cli/printable.hpp"

namespace holystone::cli {

void add_output(CLI::App& app, output& form) {
  const std::vector<std::pair<std::string, output>> words{
      {"table", output::table}, {"json", output::json}};
  app.add_option("-o,--output", form, "How to show it; a table unless given")
      ->transform(CLI::CheckedTransformer(words).description(""))
      ->type_name("table|json");
}

void print(output form, const boost::json::value& what,
           std::string (*to_text)(const boost::json::value&)) {
  fmt::print("{}", form == output::json ? boost::json::serialize(what) + "\n"
                                        : to_text(what));
}

int fail(std::string_view command, std::string_view why, int status) {
  fmt::print(stderr, "holystone {}: {}\n", command, printable(why));
  return status;
}

void tell(std::string_view command, const std::vector<std::string>& notes) {
  for (const auto& note : notes)
    fmt::print(stderr, "holystone {}: note: {}\n", command, printable(note));
}

} // namespace holystone::cli
