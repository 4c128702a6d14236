#pragma once

// `holystone cron next --batch`: many questions for next runs over one pipe,
// JSON lines in, JSON lines out, each answered before the next is read. It is
// the test bench of the cron code and serves scripts. Called by cron.cpp.

#include <istream>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/result.hpp"
#include "scheduler/time.hpp"

namespace holystone::cli {

/// The largest `count`; a schedule of every minute fires less often in a year.
constexpr int most_runs = 1'000'000;

/// One question for next runs, as the flags or a line ask it.
struct cron_question {
  std::string spec;
  /// Empty: UTC, or the zone of the schedule's own prefix.
  std::string zone;
  instant from;
  int count = 1;
  /// 16 hex digits; needed for schedules with `H` only.
  std::string hash;
};

/// Up to `count` activations; fewer, or none, when the schedule ends.
result<std::vector<instant>> answer(const cron_question& question);

/// Answers one line; never throws, whatever stands in it.
std::string answer_line(std::string_view line, instant now);

/// Answers line after line until the input ends, flushing after each.
void answer_lines(std::istream& in, std::ostream& out, instant now);

} // namespace holystone::cli
