#pragma once

// Two locations that lead to one repository of kopia's, and one location that
// leads to two. Kopia's own id, which each run reports, tells. The first
// share the lock and the younger is standby, but they are never merged; the
// second stops with an error. Pure; the registry knows which locations have
// one id, admission and the claimants' status ask here what follows.

#include "scheduler/ledger.hpp"
#include "scheduler/object_key.hpp"

#include <string>
#include <vector>

namespace holystone::scheduler {

/// Another location of the same repository.
struct alias_fact {
  /// The other location's hash.
  std::string hash;
  /// Its canonical JSON.
  std::string location;
  /// It was claimed before ours, so that it is maintained and ours is not;
  /// never true of a location that nobody claims.
  bool is_elder = false;
  /// Its Lease is held, by this Job.
  object_uid holder;
  object_key holder_job;

  friend bool operator==(const alias_fact&, const alias_fact&) = default;
};

/// What the sharing means for the Jobs of one location; texts are reasons.
struct sharing {
  /// Scheduled Jobs must not run; empty: they may.
  std::string standby;
  /// Nothing may be started now; empty: it may.
  std::string busy;
  /// Our own Job that holds the Lease but waits makes room.
  bool gives_way = false;
};

/// What the location's aliases and its ledger mean for its Jobs.
sharing sharing_of(const std::vector<alias_fact>& aliases, const ledger& known);

/// What a claimant is told when its location led to two repositories; empty
/// when it didn't. Says how a repository that was made anew is accepted.
std::string wrong_merge_text(const ledger& known, const std::string& location,
                             const object_key& lease);

/// What a claimant is told about the other locations; empty when there are
/// none.
std::string aliases_text(const std::vector<alias_fact>& aliases,
                         const ledger& known);

} // namespace holystone::scheduler
