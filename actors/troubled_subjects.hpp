#pragma once

// The subjects whose writes failed, each left alone for a while, while the
// others go on; and those that are written so often that somebody must be
// undoing it. Plain memory that takes `now`; kept by the repository's actor.

#include "actors/messages.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holystone::actors {

/// Back-off by subject (`subject_of`).
class troubled_subjects {
public:
  /// Is the subject left alone now? Not for as long as a clock that is set back
  /// would make it.
  bool is_blocked(const std::string& subject, instant now) const;

  /// How often it failed in a row.
  unsigned failures(const std::string& subject) const;

  /// It failed (again).
  void failed(const std::string& subject, const outcome& end, instant now);

  /// It succeeded.
  void succeeded(const std::string& subject);

  /// Somebody asks for something else now: what the server refused may be tried
  /// again at once.
  void forgive();

  /// Counts a write; false when there were too many in the last minute.
  bool may_write(const std::string& subject, instant now);

  /// When the next subject may be tried again.
  std::optional<instant> next(instant now) const;

  /// The last error of each, for people; of those that failed at least so often
  /// in a row, or finally.
  std::map<std::string, write_failure> failing(unsigned failures = 1) const;

  /// Does nothing fail, and was nothing written that counts?
  bool is_unused(instant now) const {
    return records_.empty() && (recent_.empty() || !is_recent(now));
  }

private:
  /// Does what was written count?
  bool is_recent(instant now) const;

  struct record {
    unsigned failures = 0;
    /// When it failed; a clock that is earlier now was set back meanwhile.
    instant since;
    instant until;
    write_failure what;
    bool is_final = false;
  };

  std::map<std::string, record> records_;
  /// How often something was written; by the subject's hash, because there is
  /// one for each write of every repository.
  struct writes {
    std::size_t subject = 0;
    unsigned times = 0;
  };

  // Since then.
  std::vector<writes> recent_;
  instant recent_since_;
};

} // namespace holystone::actors
