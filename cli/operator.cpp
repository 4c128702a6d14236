#include "actors/operator.hpp"

#include "cli/commands.hpp"

namespace holystone::cli {

int run_operator(const config::options& settings) {
  return actors::run_operator(settings);
}

} // namespace holystone::cli
