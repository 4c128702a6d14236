#include <CLI/CLI.hpp>

#include <cstdio>

#include "cli/commands.hpp"

namespace holystone::cli {

void add_mover(CLI::App& app, int& status) {
  auto mover = app.add_subcommand("mover", "Work inside a pod on a repository");
  mover->add_subcommand("maintain", "Run one maintenance")->callback([&status] {
    std::fputs("holystone mover maintain: this build has no mover yet\n",
               stderr);
    status = exit_failed;
  });
}

} // namespace holystone::cli
