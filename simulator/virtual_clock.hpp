#pragma once

// The time of a simulated cluster: it starts where it is told to, runs as fast
// as it is told to, and can be moved ahead. It never goes back. Not
// thread-safe: the thread that runs the cluster asks it.

#include "scheduler/time.hpp"

#include <chrono>

namespace holystone::simulator {

/// A clock with a start, a pace and jumps.
class virtual_clock {
public:
  using steady = std::chrono::steady_clock;

  /// At `real` it is `start`; each real second takes `scale` seconds, 0 stops
  /// it.
  virtual_clock(instant start, double scale, steady::time_point real);

  /// The simulated instant at the real instant `real`.
  instant now(steady::time_point real) const;

  /// Moves ahead by `span`; a negative one does nothing.
  void advance(seconds span);

  /// Goes on at another pace from `real` on.
  void set_scale(double scale, steady::time_point real);

  /// The pace.
  double scale() const {
    return scale_;
  }

private:
  std::chrono::duration<double> since_start(steady::time_point real) const;

  instant start_;
  std::chrono::duration<double> base_{0};
  steady::time_point real_;
  double scale_;
};

} // namespace holystone::simulator
