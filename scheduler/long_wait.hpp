#pragma once

// Which Job has waited for admission for longer than its schedule's interval:
// runs then come more slowly than they are asked for, and claimants are told
// (contract section 5). Pure; claim_status.hpp says it, repository.hpp looks
// again when it is time. Why a Job waits is admission.hpp's business.

#include "scheduler/repository_facts.hpp"

#include <optional>
#include <string>

namespace holystone::scheduler {

/// A Job that waits.
struct long_wait {
  object_key job;
  /// Its slot, or its creation if it was made by hand.
  instant since;
  /// From here on it waits for too long.
  instant limit;

  friend bool operator==(const long_wait&, const long_wait&) = default;
};

/// The waiting Job whose patience ends first; none when none waits or nobody
/// wins.
std::optional<long_wait> first_long_wait(const repository_facts& facts);

/// One sentence for people, the same as long as the cause is.
std::string describe(const long_wait& wait, const repository_facts& facts);

} // namespace holystone::scheduler
