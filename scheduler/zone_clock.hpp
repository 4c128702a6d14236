#pragma once

// The wall clock of one zone: instants to calendar fields and back, the latter
// with Go's choice inside gaps and overlaps, since the CronJob controller is
// written in Go. It holds the last used offset, because a search for the next
// run asks for hundreds of neighbouring instants. Used by the search only.

#include <cstdint>

#include "scheduler/timeline.hpp"

namespace holystone::scheduler {

/// A stretch [begin, end) of the time line with one offset from UTC.
struct offset_span {
  instant begin;
  instant end;
  seconds offset{0};
};

/// The stretch around `at` in a zone.
offset_span span_at(const time_zone& zone, instant at);

/// What a wall clock and a calendar show.
struct civil_time {
  int year = 1970;
  unsigned month = 1;
  unsigned day = 1;
  unsigned weekday = 4;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
};

/// Reads instants in one zone.
class zone_clock {
public:
  explicit zone_clock(const time_zone& zone);

  /// The fields that the zone's clock shows at an instant.
  civil_time civil(instant at);

  /// The instant at which the clock shows midnight of a day plus `clock`.
  /// Months and days beyond their range carry over. A time inside a gap or an
  /// overlap becomes what Go's `time.Date` makes of it.
  instant at(int year, unsigned month, unsigned day, seconds clock);

private:
  const offset_span& span(instant at);

  const time_zone& zone_;
  offset_span span_;
  // The day that was split into year, month and day last.
  std::chrono::sys_days day_;
  std::chrono::year_month_day date_;
  unsigned weekday_ = 4;
};

} // namespace holystone::scheduler
