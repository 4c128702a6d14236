#pragma once

// Whether KopiaMaintenance objects are left to the fork of VolSync. It keeps
// what is seen of the fork's Leases, notices when the answer becomes another,
// and says so in the log and to people. Plain memory; kept by the registry. How
// a Lease is judged is scheduler/fork_presence.hpp.

#include "actors/messages.hpp"
#include "scheduler/fork_presence.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holystone::actors {

/// The forks in this cluster.
class fork_watch {
public:
  /// With a clock a Lease is judged by its own time: for who looks once.
  explicit fork_watch(wall_clock clock = {}) : clock_(std::move(clock)) {
    // nop
  }

  /// Takes over what is about a Lease of the fork. False: it is about another
  /// object.
  bool take(const fact& what, steady_instant now);
  bool take(const loss& what);

  /// Are KopiaMaintenances left to the fork? As `settle` said last.
  bool leaves() const {
    return leaves_;
  }

  /// Draws the conclusion. True when it is another one than before, which is
  /// logged.
  bool settle(steady_instant now);

  /// Are they left to it only because it is too early to say?
  bool is_undecided(steady_instant now) const;

  /// When to draw the conclusion again without news.
  std::optional<steady_instant> settles_at(steady_instant now) const;

  /// A sentence for people about each that leads.
  std::vector<std::string> notices(steady_instant now) const;

private:
  wall_clock clock_;
  /// By the namespace of the Lease.
  std::map<std::string, fork_presence> forks_;
  bool leaves_ = false;
};

} // namespace holystone::actors
