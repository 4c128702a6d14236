#include <CLI/CLI.hpp>

#include <cstdio>

#include "cli/commands.hpp"

namespace holystone::cli {

void add_hash(CLI::App& app, int& status) {
  app.add_subcommand("hash", "Show the location and hash of a repository")
      ->callback([&status] {
        std::fputs("holystone hash: this build cannot read Secrets yet\n",
                   stderr);
        status = exit_failed;
      });
}

} // namespace holystone::cli
