#include "cli/commands.hpp"

// Asked by GnuTLS, which libcurl brings along for a protocol that we never
// speak: its start-up would cost every process 0.5 MB.
extern "C" int _gnutls_global_init_skip() { // NOLINT: the name is GnuTLS's
  return 1;
}

int main(int argc, char** argv) {
  return holystone::cli::run(argc, argv, HOLYSTONE_VERSION);
}
