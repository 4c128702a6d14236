#pragma once

// Whose list is read now. Lists come compressed, and what one tells is in
// memory until the registry has taken it in: many at once are a peak whose
// holes stay. Asking for them is not a part of the turn, so a slow server's
// answers come beside each other. Plain memory; kept by the registry.

#include <deque>
#include <utility>

namespace holystone::actors {

/// One at a time; the others wait in the order in which they asked. `Promise`
/// is delivered `true` when it is its turn.
template <class Promise>
class turns {
public:
  /// Somebody wants a turn; they are told at once if nobody has one.
  void ask(Promise who) {
    waiting_.push_back(std::move(who));
    if (waiting_.size() == 1)
      waiting_.front().deliver(true);
  }

  /// The one whose turn it was is done.
  void finish() {
    waiting_.pop_front();
    if (!waiting_.empty())
      waiting_.front().deliver(true);
  }

private:
  // The first has its turn.
  std::deque<Promise> waiting_;
};

} // namespace holystone::actors
