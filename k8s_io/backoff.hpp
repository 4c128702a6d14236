#pragma once

// How long to wait before trying again, and whether to try at all: pure
// functions of an answer, a count and a random number. It does not sleep and
// does not repeat anything. Asked by the reflector for lists and watches and by
// actors for their writes.

#include "k8s_io/requests.hpp"

#include <chrono>
#include <optional>

namespace holystone::k8s_io {

using std::chrono::milliseconds;

/// The clock of timeouts and delays; never a date.
using steady_time = std::chrono::steady_clock::time_point;

/// A doubling delay. `jitter` 1.0 means: up to twice the plain delay.
struct backoff_policy {
  milliseconds start;
  milliseconds cap;
  double jitter = 1.0;
  /// After this time without a failure the delay starts small again.
  milliseconds reset_after;
};

/// Of lists and watches: 0.8, 1.6 .. 30 s and as much again in jitter, so that
/// a sick server sees at most 1/45 s on average from each watcher.
inline constexpr backoff_policy watch_backoff{
    milliseconds{800}, milliseconds{30'000}, 1.0, milliseconds{120'000}};

/// Of writes that were refused for the moment: 0.5, 1 .. 32 s, the longest
/// Retry-After that API Priority and Fairness asks for.
inline constexpr backoff_policy write_backoff{
    milliseconds{500}, milliseconds{32'000}, 0.5, milliseconds{120'000}};

/// Of conflicts: 10, 20 .. 160 ms; from the sixth on `write_backoff`.
inline constexpr backoff_policy conflict_backoff{
    milliseconds{10}, milliseconds{160}, 0.1, milliseconds{120'000}};

/// Conflicts in a row that are answered quickly.
inline constexpr unsigned quick_conflicts = 5;

/// A server's wish for more than this is not heeded.
inline constexpr milliseconds longest_retry_after{64'000};

/// The delay after the `failures`-th failure in a row, counted from 1.
/// `random` is in [0, 1).
milliseconds delay_after(unsigned failures, const backoff_policy& policy,
                         double random);

/// What the server asked for, bounded and with up to half of it as jitter on
/// top, so that not everyone comes back at the same moment.
milliseconds heeded(seconds retry_after, double random);

/// Counts failures and forgets them after a time of health.
class backoff_counter {
public:
  /// Notes a failure at `now` and says how long to wait.
  milliseconds fail(steady_time now, const backoff_policy& policy,
                    std::optional<seconds> retry_after, double random);

  /// Failures in a row so far.
  unsigned failures() const noexcept {
    return failures_;
  }

private:
  unsigned failures_ = 0;
  /// When the last delay ends.
  std::optional<steady_time> healthy_since_;
};

/// What to do after a write.
enum class advice {
  /// The server did it, or the object to delete is gone.
  done,
  /// Send the same again after the delay: overload, a server's fault, or no
  /// answer. Without an answer the write may have happened; names are a
  /// function of the repository, which makes the repetition safe.
  repeat,
  /// The object is not what the decision was taken on: read it again and decide
  /// anew after the delay, never repeat blindly.
  decide_anew,
  /// A create met an object of that name: read it and check whose it is.
  check_owner,
  /// The object or its namespace, which the answer names, does not exist (any
  /// more).
  absent,
  /// The server will never take this: report it with the object and the field.
  give_up,
};

/// Advice and the delay that goes with it.
struct verdict {
  advice what;
  milliseconds delay{0};
};

/// Judges the answer to a write. `failures` counts this one, if it is one.
verdict judge(const request& what, const response& answer, unsigned failures,
              double random);

} // namespace holystone::k8s_io
