#include "cli/commands.hpp"

int main(int argc, char** argv) {
  return holystone::cli::run(argc, argv, HOLYSTONE_VERSION);
}
