#pragma once

// A family of plans: one row of the perturbation table. It lists its plans,
// given what each story does by itself, and arranges what goes wrong in one of
// them. Families of one kind share a file; `all_families` is the table.

#include "play.hpp"

#include <functional>
#include <string>
#include <vector>

namespace holystone::perturb {

/// One row.
struct family {
  /// `PERTURB-1`.
  std::string name;
  /// What it does, in one line.
  std::string about;
  /// What of the row is not played here, and why; empty: nothing.
  std::string left_out = {};
  std::function<std::vector<plan>()> plans;
  /// Prepares a play; runs before the operator starts.
  std::function<void(play&, const plan&)> arrange;
  /// Plays it in a way of its own; null: the operator starts, the story is
  /// told, the oracles are asked.
  std::function<void(play&, const plan&)> run = nullptr;
  /// Does it matter how leaders are elected?
  bool elects = false;
};

/// Every row.
const std::vector<family>& all_families();

/// The row of a name; null when there is none.
const family* find_family(std::string_view name);

/// Plans that found a defect once: every sample has them.
const std::vector<std::string>& finds();

/// Plays a plan and asks the oracles.
verdict play_plan(const family& of, const plan& what, bool is_verbose);

// -- the rows by file ---------------------------------------------------------

std::vector<family> crash_families();
std::vector<family> answer_families();
std::vector<family> watch_families();
std::vector<family> leader_families();
std::vector<family> people_families();
std::vector<family> admission_families();
std::vector<family> fall_families();
std::vector<family> pod_families();
std::vector<family> walk_families();
std::vector<family> waking_families();

// -- what several of them need ------------------------------------------------

/// A plan for each seed from 1 on.
std::vector<plan> seeded_plans(const std::string& family,
                               const std::string& told, unsigned count);

/// A restart on what is there must change nothing.
void restart_quietly(play& on, const std::string& after);

} // namespace holystone::perturb
