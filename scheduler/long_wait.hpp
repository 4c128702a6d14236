#pragma once

// Which Job waits for too long: for longer than its schedule's interval to be
// let in, so that runs come more slowly than they are asked for, or for ten
// minutes for its pod to start. Claimants are told (contract section 5). Pure;
// claim_status.hpp says it, repository.hpp looks again when it is time. Why a
// Job is not let in is admission.hpp's business, and what ends a pod that never
// starts is the Job's deadline.

#include "scheduler/repository_facts.hpp"

#include <optional>
#include <string>

namespace holystone::scheduler {

/// What a Job waits for: to be let in, or then for a pod of it to be made and
/// to start.
enum class awaited { admission, pod, start };

/// A Job that waits.
struct long_wait {
  object_key job;
  /// For admission: since its slot, or its creation if it was made by hand.
  instant since;
  /// From here on it waits for too long.
  instant limit;
  awaited what = awaited::admission;
  /// The one that does not start, and why, if that is known.
  object_key pod{};
  std::string obstacle{};

  friend bool operator==(const long_wait&, const long_wait&) = default;
};

/// The waiting Job whose patience ends first; none when none waits or nobody
/// wins.
std::optional<long_wait> first_long_wait(const repository_facts& facts);

/// One sentence for people, the same as long as the cause is; `why` is what
/// admission says that it waits for.
std::string describe(const long_wait& wait, const std::string& why);

} // namespace holystone::scheduler
