#include "scheduler/zone_clock.hpp"

namespace holystone::scheduler {

zone_clock::zone_clock(const time_zone& zone)
    : zone_(zone), date_(std::chrono::sys_days{}) {
  // nop
}

const offset_span& zone_clock::span(instant at) {
  if (at < span_.begin || at >= span_.end)
    span_ = span_at(zone_, at);
  return span_;
}

civil_time zone_clock::civil(instant at) {
  auto local = at + span(at).offset;
  auto day = std::chrono::floor<std::chrono::days>(local);
  if (day != day_) {
    day_ = day;
    date_ = std::chrono::year_month_day{day};
    weekday_ = std::chrono::weekday{day}.c_encoding();
  }
  auto clock = static_cast<unsigned>((local - day).count());
  return {static_cast<int>(date_.year()),
          static_cast<unsigned>(date_.month()),
          static_cast<unsigned>(date_.day()),
          weekday_,
          clock / 3600,
          clock / 60 % 60,
          clock % 60};
}

instant zone_clock::at(int year, unsigned month, unsigned day, seconds clock) {
  auto start = std::chrono::year{year} / std::chrono::January / 1
               + std::chrono::months{month - 1};
  auto local = std::chrono::sys_days{start}
               + std::chrono::days{static_cast<int>(day) - 1} + clock;
  // The offset is looked up as if the local time were UTC; only when the
  // result leaves the stretch of that offset, the result's own counts.
  auto guess = span(local);
  if (guess.offset == seconds{0})
    return local;
  auto utc = local - guess.offset;
  if (utc >= guess.begin && utc < guess.end)
    return utc;
  return local - span(utc).offset;
}

} // namespace holystone::scheduler
