// The wall clock of a program that lives in a simulated cluster's time.
// Preloaded into it: PACED_CLOCK="START PACE" makes it begin at START, Unix
// seconds, and run PACE times as fast; what measures spans stays. libfaketime
// does the same and more, but hangs with an allocator that asks for the time
// before anything else runs (docs/adr/0006-jemalloc.md).

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t second = 1'000'000'000;

std::int64_t real_time() {
  timespec now{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  return now.tv_sec * second + now.tv_nsec;
}

/// How the clock runs; nothing here may ask for memory.
struct pace {
  std::int64_t began = real_time();
  double start = static_cast<double>(began) / second;
  double scale = 1;

  pace() {
    if (const auto* wish = std::getenv("PACED_CLOCK")) {
      char* rest = nullptr;
      start = std::strtod(wish, &rest);
      scale = std::strtod(rest, nullptr);
    }
  }
};

std::int64_t paced_time() {
  static const pace given;
  return static_cast<std::int64_t>(given.start * second)
         + static_cast<std::int64_t>(
             static_cast<double>(real_time() - given.began) * given.scale);
}

} // namespace

extern "C" {

int clock_gettime(clockid_t which, timespec* to) noexcept {
  if (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE)
    return static_cast<int>(syscall(SYS_clock_gettime, which, to));
  auto now = paced_time();
  *to = {now / second, now % second};
  return 0;
}

int gettimeofday(timeval* to, void*) noexcept {
  auto now = paced_time();
  *to = {now / second, now % second / 1000};
  return 0;
}

time_t time(time_t* to) noexcept {
  auto now = paced_time() / second;
  if (to)
    *to = now;
  return now;
}
}
