#pragma once

// The instants that decisions are made with. Kubernetes writes whole seconds,
// so an instant is a `std::chrono` time point in seconds, UTC. This is not a
// clock: pure code takes `now` as an argument.

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace holystone {

/// A whole second on the UTC time line.
using instant = std::chrono::sys_seconds;

/// A span in seconds.
using std::chrono::seconds;

/// May `at`, which was written down before `now`, be true? One that lies ahead
/// by more than clocks differ was written by one that was wrong, and must not
/// hold anything up until its time comes.
bool is_credible(instant at, instant now);

/// The earlier one of those that there are.
template <class Instant>
std::optional<Instant> earlier(std::optional<Instant> a,
                               std::type_identity_t<std::optional<Instant>> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

/// Formats as RFC 3339 in UTC, e.g. `2026-11-21T02:00:00Z`.
std::string to_rfc3339(instant at);

/// Parses RFC 3339 with any offset; fractions of a second are cut off.
std::optional<instant> parse_rfc3339(std::string_view text);

} // namespace holystone
