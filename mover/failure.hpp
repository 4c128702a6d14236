#pragma once

// From how a kopia process ended to a class that users and alerts can work
// with. Pure: exit status and the end of standard error in, class and the one
// line that says why out. The table was made by provoking each error with
// kopia 0.22.3; test/mover/failure.cpp holds the messages.

#include "scheduler/mover_report.hpp"

#include <string>
#include <string_view>

namespace holystone::mover {

/// How one kopia process ended.
struct kopia_outcome {
  /// Absent program, or no process could be made.
  bool started = true;
  int exit_code = 0;
  /// The signal that killed it, 0 if it exited.
  int signal = 0;
  /// We ended it at the deadline.
  bool timed_out = false;
  /// We ended it because the pod is being stopped.
  bool stopped = false;
  std::string output;
  /// The last part of standard error.
  std::string errors;
  /// Kopia's own counters in Prometheus' text form, if they were asked for.
  std::string metrics;

  /// Exit code 0, and nobody interfered.
  bool succeeded() const {
    return started && exit_code == 0 && signal == 0 && !timed_out && !stopped;
  }
};

/// Why it failed; `none` if it succeeded.
scheduler::failure_class classify(const kopia_outcome& outcome);

/// The last line of standard error that is not blank, at most 300 bytes.
std::string last_line(std::string_view errors);

} // namespace holystone::mover
