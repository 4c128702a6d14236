#pragma once

// Runs one kopia process at a time and watches over it as PID 1 must: passes
// SIGTERM on, ends it at the deadline, and reads what it prints without ever
// keeping more than a bounded part. It knows nothing of maintenance. Only
// mover/maintain.cpp uses it; it owns the process's signals while it lives.

#include "mover/failure.hpp"
#include "mover/redaction.hpp"
#include "scheduler/secret_bytes.hpp"

#include <chrono>
#include <csignal>
#include <map>
#include <string>
#include <vector>

namespace holystone::mover {

/// What to run.
struct child_order {
  std::string program;
  std::vector<std::string> arguments;
  /// The whole environment of the child; nothing is inherited.
  std::map<std::string, secret_bytes> environment;
  /// Written to its standard input, which is then closed.
  secret_bytes input;
  /// What is hidden in its standard error before anybody sees it.
  redaction credentials = {};
  /// Where its standard error goes besides the tail that is kept; -1: nowhere.
  int log_to = 2;
};

/// Blocks SIGTERM, SIGINT and SIGCHLD and takes them from a descriptor, so
/// that PID 1 reacts to them; the destructor undoes that.
class child_runner {
public:
  using clock = std::chrono::steady_clock;

  child_runner();
  ~child_runner();
  child_runner(const child_runner&) = delete;
  child_runner& operator=(const child_runner&) = delete;

  /// Runs the program to its end, or ends it at `deadline` or on SIGTERM.
  /// After a SIGTERM each further call returns at once, stopped.
  kopia_outcome run(const child_order& order, clock::time_point deadline);

  /// Was this process told to stop?
  bool stopped() const {
    return stopped_;
  }

private:
  void read_signals();

  sigset_t previous_{};
  int signals_ = -1;
  bool stopped_ = false;
};

} // namespace holystone::mover
