#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

#include "cli/commands.hpp"

namespace holystone::cli {

void add_operator(CLI::App& app, int& status) {
  auto command = app.add_subcommand(
      "operator", "Maintain the Kopia repositories of a cluster");
  auto words = std::make_shared<config::flag_words>();
  config::add_flags(*command, *words);
  command->callback([words, &status] {
    auto settings = config::make_options(*words, config::real_surroundings());
    if (settings) {
      status = run_operator(*settings);
      return;
    }
    std::fprintf(stderr, "holystone operator: %s\n",
                 settings.why().message.c_str());
    status = exit_usage;
  });
}

} // namespace holystone::cli
