#pragma once

// When each repository wants to be called. One timer for all of them, by the
// wall clock: a thousand timers of their own cost a thousand wakings, each for
// nothing when it is only there because clocks jump. Plain memory; kept by the
// registry.

#include "scheduler/time.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holystone::actors {

/// One alarm for each repository.
class alarms {
public:
  alarms() = default;
  // The order points into the alarms.
  alarms(const alarms&) = delete;
  alarms& operator=(const alarms&) = delete;

  /// The repository is to be called then, and not when it said before.
  void set(const std::string& hash, instant at, instant now);

  /// The repository is gone.
  void erase(const std::string& hash);

  /// Who is to be called by now, in the order of time; they have no alarm from
  /// now on. All of them when it is earlier than it was: what they said may
  /// come from a clock that ran ahead.
  std::vector<std::string> take_due(instant now);

  /// When the first is to be called.
  std::optional<instant> next() const;

private:
  std::map<std::string, instant> at_;
  // The same; the texts are those of the keys above.
  std::set<std::pair<instant, const std::string*>> in_order_;
  // The latest `now` since the clock last jumped back; an earlier one is of a
  // clock that has jumped again.
  instant seen_;
};

} // namespace holystone::actors
