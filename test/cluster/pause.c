/* What a pod's sandbox runs: it waits until it is told to end. */
#include <signal.h>
#include <unistd.h>

static void end(int signal_number) { _exit(signal_number == SIGTERM ? 0 : 1); }

int main(void) {
  signal(SIGTERM, end);
  signal(SIGINT, end);
  for (;;) {
    pause();
  }
}
