#pragma once

// The rule by which a zone changes its offset for ever after: the POSIX text
// at the end of a time zone file, e.g. `CET-1CEST,M3.5.0,M10.5.0/3`. The tables
// of the database end in 2037, and the library in timeline.cpp stops there;
// what comes later is read from here. Used by timeline.cpp only.

#include <optional>
#include <string_view>

#include "scheduler/zone_clock.hpp"

namespace holystone::scheduler {

/// A day of the year and a time on it, at which an offset begins.
struct zone_change {
  /// `M`: weekday `day` of week `week` (5: the last one) of `month`; `J`: day
  /// of the year from 1 that never counts 29 February; `N`: from 0, counts it.
  char kind = 'M';
  int month = 1;
  int week = 1;
  int day = 0;
  /// After local midnight; may be negative or beyond a day.
  seconds time{7200};
};

/// Two offsets and when they change over, year after year.
class zone_rule {
public:
  /// Reads a rule that has daylight saving; none for any other text.
  static std::optional<zone_rule> parse(std::string_view text);

  /// The stretch around an instant.
  offset_span span(instant at) const;

private:
  instant change_in(int year, const zone_change& change, seconds offset) const;

  seconds standard_{0};
  seconds summer_{0};
  zone_change to_summer_;
  zone_change to_standard_;
};

} // namespace holystone::scheduler
