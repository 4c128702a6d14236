#pragma once

// The words of a watch, shared by whoever serves one (the transport, the
// simulated cluster) and whoever listens (the reflector). Plain values; no
// protocol is decided here.

#include "scheduler/time.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holystone::k8s_io {

/// Names one watch of one transport; never reused.
struct watch_id {
  std::uint64_t value = 0;

  friend auto operator<=>(const watch_id&, const watch_id&) = default;
};

/// How a watch ended. `status` 200 without `failure` is the regular end after
/// the time that the request asked for.
struct watch_end {
  /// Of the HTTP answer; 0 when there was none.
  int status = 0;
  /// The start of the answer when `status` is not 200; at most 64 KiB.
  std::string body;
  /// Why the stream broke; empty when the server ended it.
  std::string failure;
  /// From the header of that name.
  std::optional<seconds> retry_after;
};

/// Who hears of a watch. Both run on the transport's thread and must only
/// post. `on_end` comes exactly once, after the last lines, unless the watch
/// was cancelled.
struct watch_listener {
  /// Complete JSON lines in order; each uses up one credit of the watch.
  std::function<void(std::vector<std::string> lines)> on_lines;
  std::function<void(watch_end end)> on_end;
};

} // namespace holystone::k8s_io
