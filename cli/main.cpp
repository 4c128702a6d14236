#include "cli/commands.hpp"

// Asked by GnuTLS, which libcurl brings along for a protocol that we never
// speak: its start-up would cost every process 0.5 MB.
extern "C" int _gnutls_global_init_skip() { // NOLINT: the name is GnuTLS's
  return 1;
}

// Read by jemalloc, see docs/adr/0006-jemalloc.md: one arena, because two have
// holes in both; what is free goes back to the system within a second.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:1,lg_tcache_max:10,background_thread:true,"
                          "dirty_decay_ms:1000,muzzy_decay_ms:0";
}

int main(int argc, char** argv) {
  return holystone::cli::run(argc, argv, HOLYSTONE_VERSION);
}
