#pragma once

// The one timer of an actor. What CAF was asked to send later it can't take
// back, and each waking costs more than what is done then; so none is set
// beside one that comes early enough, and one that was overtaken counts no
// more. Whoever uses it must not mind being called too early.

#include "actors/messages.hpp"
#include "scheduler/restart_policy.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace holystone::actors {

/// Now, by the actor's clock that never jumps.
template <class Self>
steady_instant steady_now(Self* self) {
  return std::chrono::time_point_cast<milliseconds>(
      std::chrono::steady_clock::time_point{
          self->clock().now().time_since_epoch()});
}

/// Sends its actor `tick_atom` with a ticket.
class timer {
public:
  /// The actor wants to be told at `at`, or earlier.
  template <class Self>
  void set(Self* self, steady_instant at) {
    if (rings_at_ && *rings_at_ <= at)
      return;
    rings_at_ = at;
    auto delay = std::max(at - steady_now(self), milliseconds{1});
    self->delayed_send(self, delay, tick_atom::value, ++ticket_);
  }

  /// Is this the timer that was set last? Then there is none from now on.
  bool rang(std::uint64_t ticket) {
    if (ticket != ticket_)
      return false;
    rings_at_.reset();
    return true;
  }

private:
  std::optional<steady_instant> rings_at_;
  std::uint64_t ticket_ = 0;
};

} // namespace holystone::actors
