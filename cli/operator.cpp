#include <cstdio>

#include "cli/commands.hpp"

namespace holystone::cli {

int run_operator(const config::options&) {
  std::fputs("holystone operator: this build has no operator yet\n", stderr);
  return exit_failed;
}

} // namespace holystone::cli
