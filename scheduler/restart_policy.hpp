#pragma once

// How long a parent waits before it starts a crashed child again: one second,
// doubling to 64, from the start again once the child has lived ten minutes.
// It never gives up. Pure; every supervising actor holds one per child.

#include <chrono>

namespace holystone::scheduler {

/// A moment on a clock that never jumps.
using steady_instant = std::chrono::time_point<std::chrono::steady_clock,
                                               std::chrono::milliseconds>;

/// The crashes of one child.
class restart_policy {
public:
  /// Notes a crash and returns how long to wait before the next start.
  std::chrono::seconds crashed(steady_instant now);

  /// All crashes so far; counts on when the delay starts over.
  unsigned crashes() const noexcept {
    return crashes_;
  }

private:
  unsigned crashes_ = 0;
  std::chrono::seconds delay_{0};
  // When the child was to be started after its last crash.
  steady_instant started_;
};

} // namespace holystone::scheduler
