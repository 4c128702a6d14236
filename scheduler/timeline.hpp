#pragma once

// Where schedules meet the time line: time zones, daylight saving and the
// instants at which a schedule fires, equal to what robfig/cron v3 computes
// with Go's calendar, including its quirks (a slot inside a gap is skipped
// that day, a slot inside an overlap fires twice). It is not a clock and knows
// nothing of Jobs. Called by the scheduler's decisions, the repository actor
// and `holystone cron next`.
//
//   auto zone = find_zone("Europe/Berlin");
//   auto next = next_run(*schedule, *zone, now);

#include <optional>
#include <string>
#include <string_view>

#include "scheduler/result.hpp"
#include "scheduler/time.hpp"

namespace holystone::scheduler {

struct cron_schedule;

/// A zone of the time zone database; cheap to copy, never empty.
class time_zone {
public:
  /// UTC.
  time_zone() = default;

  /// The name under which it was looked up, e.g. `Europe/Berlin`.
  std::string_view name() const noexcept;

  friend bool operator==(const time_zone&, const time_zone&) = default;

private:
  friend struct zone_access;

  // Points at an entry of the database, which lives as long as the program;
  // null is UTC, so that UTC works on a system without any database.
  const void* entry_ = nullptr;
};

/// Looks a zone up; the error says that names are those of the IANA database.
/// `Local` is refused as Kubernetes does.
result<time_zone> find_zone(std::string_view name);

/// The first activation strictly after `after`; none when there is none in
/// the five calendar years that robfig searches. A zone inside the schedule
/// wins over `zone`.
std::optional<instant> next_run(const cron_schedule& schedule,
                                const time_zone& zone, instant after);

/// The newest activation in (after, until], as repeated `next_run` from
/// `after` would find it, but in bounded time whatever the span.
std::optional<instant> newest_slot(const cron_schedule& schedule,
                                   const time_zone& zone, instant after,
                                   instant until);

/// Formats as RFC 3339 in a zone, e.g. `2026-11-21T03:00:00+01:00`.
std::string to_local_rfc3339(instant at, const time_zone& zone);

} // namespace holystone::scheduler
