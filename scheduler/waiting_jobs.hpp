#pragma once

// What a Job that waits is told: an Event on the Job itself that says what it
// waits for, because `kubectl describe job` is where people look first. One
// that starts within seconds is told nothing, and each reason is told once.
// Pure but for its memory; the repository's actor asks it whenever nothing is
// to be written. What claimants are told is in claim_status.hpp.

#include "scheduler/event_notes.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holystone::scheduler {

/// The waiting Jobs of a repository and what each was told last.
class waiting_jobs {
public:
  /// What is to be said now.
  struct word {
    std::vector<event_note> notes;
    /// When a Job will have waited for long enough.
    std::optional<instant> again;
  };

  /// `reason` is why nothing runs now; empty: nothing holds the Jobs up.
  word tell(const repository_facts& facts, const std::string& reason,
            instant now);

  /// Does nothing wait?
  bool is_unused() const {
    return told_.empty() && reason_.empty();
  }

private:
  std::map<object_uid, std::string> told_;
  std::string reason_;
  instant since_{};
};

} // namespace holystone::scheduler
