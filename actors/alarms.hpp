#pragma once

// When each repository wants to be called. One timer for all of them, by the
// wall clock: a thousand timers of their own cost a thousand wakings, each for
// nothing when it is only there because clocks jump. Plain memory; kept by the
// registry.

#include "actors/kept_name.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <optional>
#include <string>
#include <vector>

namespace holystone::actors {

/// One alarm for each repository.
class alarms {
public:
  /// The repository is to be called then, and not when it said before.
  void set(const kept<std::string>& hash, instant at, instant now);

  /// The repository is gone.
  void erase(const std::string& hash);

  /// Who is to be called by now, in the order of time; they have no alarm from
  /// now on. All of them when it is earlier than it was: what they said may
  /// come from a clock that ran ahead.
  std::vector<std::string> take_due(instant now);

  /// When the first is to be called.
  std::optional<instant> next() const;

private:
  /// What was said for `at` counts no more.
  void forget(instant at);

  boost::unordered_flat_map<kept<std::string>, instant, name_hash,
                            std::equal_to<>>
      at_;
  // The first of them; nothing: to be looked for among all, which takes less
  // than to keep ten thousand in order.
  mutable std::optional<instant> first_;
  // The latest `now` since the clock last jumped back; an earlier one is of a
  // clock that has jumped again.
  instant seen_;
};

} // namespace holystone::actors
