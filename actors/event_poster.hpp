#pragma once

// Posts the Events of one repository: those that an object's budget allows
// each logged as well. It waits for no answer, because an Event that is
// lost is not worth another try; what must be known stands in the status. A
// part of the repository actor.

#include "actors/interfaces.hpp"
#include "scheduler/event_budget.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace holystone::actors {

/// Where Events are posted from and to.
struct event_origin {
  api_client api;
  /// Identifies this process.
  std::string reporter;
  /// The repository's hash, for the log.
  std::string repository;
};

/// The budgets of all objects that Events of one repository are on.
class event_poster {
public:
  /// Posts the Events that are within their budgets.
  void post(const std::vector<event_note>& notes, const event_origin& from,
            instant now);

  /// The object is gone, or no claimant any more.
  void forget(const regarded_object& which);

  /// Was nothing ever posted?
  bool is_unused() const {
    return budgets_.empty() && posted_ == 0;
  }

private:
  // By object, so that a condition that flaps can't flood it.
  std::map<regarded_object, event_budget> budgets_;
  // Makes the names of Events differ.
  std::uint64_t posted_ = 0;
};

} // namespace holystone::actors
