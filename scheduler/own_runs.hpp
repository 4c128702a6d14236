#pragma once

// When we maintained a repository, as far back as it matters: only by this can
// a run record that kopia shows be told to be ours or another cluster's
// . The ledger keeps the list, the resumed pod is given it, and both the
// operator and the mover ask it. It is not the history of Jobs.

#include "scheduler/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::scheduler {

/// A stretch of time in which a Job of ours may have maintained.
struct own_run {
  instant start;
  instant end;

  friend bool operator==(const own_run&, const own_run&) = default;
};

/// Oldest first.
using own_runs = std::vector<own_run>;

/// Maintenance that was not ours while we looked after the repository.
struct foreign_run {
  /// When it began.
  instant at;
  /// What it did: a task of kopia's, or words for a run without records.
  std::string what;

  friend bool operator==(const foreign_run&, const foreign_run&) = default;
};

/// May what began at `at` be a run of ours?
bool is_own(const own_runs& ours, instant at);

/// `START/END START/END`: the form in an annotation and in the mover's flag.
std::string to_text(const own_runs& ours);

/// Reads what `to_text` wrote; broken entries count as absent.
own_runs parse_own_runs(std::string_view text);

/// `START TASK`: the form in an annotation.
std::string to_text(const foreign_run& run);

/// Reads what `to_text` wrote.
std::optional<foreign_run> parse_foreign_run(std::string_view text);

} // namespace holystone::scheduler
