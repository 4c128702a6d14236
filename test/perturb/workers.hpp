#pragma once

// Plays many plans at once: forks workers that each take every n-th plan,
// gathers what they tell through pipes, and starts another where one dies. It
// knows plans by their numbers only. Called by main.

#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace holystone::perturb {

/// Which plans, and how many at a time.
struct campaign {
  /// Empty: all families.
  std::vector<std::string> families;
  unsigned jobs = 2;
  /// About so many plans, spread evenly and always the same, and those that
  /// found something once; 0: all.
  unsigned sample = 0;
};

/// What came of one family.
struct tally {
  unsigned plans = 0;
  unsigned faults = 0;
  unsigned violations = 0;
};

/// What came of all.
struct totals {
  unsigned plans = 0;
  unsigned faults = 0;
  /// Plans in which an oracle was broken.
  unsigned violations = 0;
  double seconds = 0;
  /// In the table's order.
  std::vector<std::pair<std::string, tally>> families;
};

/// Plays them; progress and every broken plan go to `out`.
totals play_all(const campaign& what, std::FILE* out);

/// The table.
void print_table(const totals& all, std::FILE* out);

/// What build/perturb.json holds.
std::string to_json(const totals& all);

} // namespace holystone::perturb
