#pragma once

// How many Events one object may get, so that a condition that flaps does not
// fill the API server: a burst, then one in five minutes. It counts and
// knows nothing of what the Events say; whoever posts them asks it first.

#include "scheduler/time.hpp"

#include <algorithm>

namespace holystone::scheduler {

/// The budget of one object.
class event_budget {
public:
  /// Takes one Event from the budget; false: leave this one out.
  bool take(instant now) {
    // A wall clock that was set back gives nothing and takes nothing.
    auto earned = std::max<seconds::rep>(0, (now - since_) / refill);
    if (left_ + earned >= burst) {
      left_ = burst;
      since_ = now;
    } else {
      left_ += earned;
      since_ += earned * refill;
    }
    if (left_ == 0)
      return false;
    --left_;
    return true;
  }

private:
  static constexpr seconds::rep burst = 25;
  static constexpr seconds refill{300};

  seconds::rep left_ = burst;
  instant since_{};
};

} // namespace holystone::scheduler
