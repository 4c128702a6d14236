// The search for activations: the part of timeline.hpp that needs no zone
// database.

#include "scheduler/cron.hpp"
#include "scheduler/timeline.hpp"
#include "scheduler/zone_clock.hpp"

namespace holystone::scheduler {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// Walks forward from one instant, unit by unit from the largest, exactly as
// robfig's search does: the order of its steps is what makes its behaviour at
// gaps and overlaps, so it must not be replaced by arithmetic.
class search {
public:
  search(const cron_schedule& schedule, const time_zone& zone, instant after)
      : schedule_(schedule), clock_(zone) {
    move_to(after + seconds{1});
  }

  std::optional<instant> run() {
    if (schedule_.minute.values == 0 || schedule_.hour.values == 0
        || schedule_.month.values == 0)
      return std::nullopt;
    auto last_year = now_.year + 5;
    while (now_.year <= last_year)
      if (to_month() && to_day() && to_hour() && to_minute() && to_second())
        return at_;
    return std::nullopt;
  }

private:
  void move_to(instant at) {
    at_ = at;
    now_ = clock_.civil(at);
  }

  // The first move of a search cuts all smaller units off; later moves start
  // from a cut time already.
  void cut_to(instant at) {
    if (!is_cut_)
      move_to(at);
    is_cut_ = true;
  }

  seconds time_of_day() const {
    return hours{now_.hour} + minutes{now_.minute} + seconds{now_.second};
  }

  bool day_matches() const {
    auto& dom = schedule_.day_of_month;
    auto& dow = schedule_.day_of_week;
    auto by_date = dom.admits(now_.day);
    auto by_weekday = dow.admits(now_.weekday);
    if (dom.has_star || dow.has_star)
      return by_date && by_weekday;
    return by_date || by_weekday;
  }

  // Each step below moves to the first time that its field admits. It returns
  // false when the next larger unit began, which has to be checked again then.

  bool to_month() {
    while (!schedule_.month.admits(now_.month)) {
      cut_to(clock_.at(now_.year, now_.month, 1, seconds{0}));
      move_to(clock_.at(now_.year, now_.month + 1, now_.day, time_of_day()));
      if (now_.month == 1)
        return false;
    }
    return true;
  }

  bool to_day() {
    while (!day_matches()) {
      cut_to(clock_.at(now_.year, now_.month, now_.day, seconds{0}));
      auto from = at_;
      auto today = now_;
      to_midnight(today, 1);
      // A day that the zone skipped (Apia, 30 December 2011) leads back to
      // the day before. The library never returns then; we step over it.
      if (at_ <= from)
        to_midnight(today, 2);
      if (now_.day == 1)
        return false;
    }
    return true;
  }

  // Where midnight doesn't exist the clock shows another hour; the nearest
  // midnight by counting hours is taken, which may be the day before.
  void to_midnight(const civil_time& today, unsigned days_on) {
    auto clock
        = hours{today.hour} + minutes{today.minute} + seconds{today.second};
    move_to(clock_.at(today.year, today.month, today.day + days_on, clock));
    if (now_.hour > 12)
      move_to(at_ + hours{24 - now_.hour});
    else if (now_.hour != 0)
      move_to(at_ - hours{now_.hour});
  }

  bool to_hour() {
    while (!schedule_.hour.admits(now_.hour)) {
      cut_to(clock_.at(now_.year, now_.month, now_.day, hours{now_.hour}));
      move_to(at_ + hours{1});
      if (now_.hour == 0)
        return false;
    }
    return true;
  }

  bool to_minute() {
    while (!schedule_.minute.admits(now_.minute)) {
      cut_to(std::chrono::floor<minutes>(at_));
      move_to(at_ + minutes{1});
      if (now_.minute == 0)
        return false;
    }
    return true;
  }

  bool to_second() {
    while (now_.second != 0) {
      is_cut_ = true;
      move_to(at_ + seconds{1});
      if (now_.second == 0)
        return false;
    }
    return true;
  }

  const cron_schedule& schedule_;
  zone_clock clock_;
  instant at_;
  civil_time now_;
  bool is_cut_ = false;
};

// Finds the newest activation by halving instead of walking.
class backward_search {
public:
  backward_search(const cron_schedule& schedule, const time_zone& zone,
                  instant after, instant until)
      : schedule_(schedule), zone_(zone), after_(after), until_(until) {
    // nop
  }

  std::optional<instant> run() {
    if (!leads_to_slot(after_))
      return std::nullopt;
    auto late = until_;
    auto early = until_ - quirk;
    for (auto width = quirk; early > after_ && !leads_to_slot(early);) {
      late = early;
      width *= 2;
      early = until_ - width;
    }
    early = std::max(early, after_);
    halve(early, late, quirk);
    auto start = std::max(after_, early - quirk);
    if (span_at(zone_, start).end <= until_)
      return walk(start);
    halve(early, late, seconds{1});
    return next_run(schedule_, zone_, early);
  }

private:
  // A search that starts within two days of a change of the offset may find
  // another slot than one that started long before, as repeated `next_run`
  // does. So it starts earlier or walks.
  static constexpr seconds quirk = days{2};

  bool leads_to_slot(instant from) const {
    auto next = next_run(schedule_, zone_, from);
    return next && *next <= until_;
  }

  // Narrows [early, late] to `width`; `early` leads to a slot throughout.
  void halve(instant& early, instant& late, seconds width) const {
    while (late - early > width) {
      auto middle = early + (late - early) / 2;
      (leads_to_slot(middle) ? early : late) = middle;
    }
  }

  // At most four days of slots.
  std::optional<instant> walk(instant from) const {
    std::optional<instant> newest;
    for (;;) {
      auto next = next_run(schedule_, zone_, from);
      if (!next || *next > until_)
        return newest;
      newest = next;
      from = *next;
    }
  }

  const cron_schedule& schedule_;
  const time_zone& zone_;
  instant after_;
  instant until_;
};

} // namespace

std::optional<instant> next_run(const cron_schedule& schedule,
                                const time_zone& zone, instant after) {
  if (schedule.every)
    return after + *schedule.every;
  return search{schedule, schedule.zone ? *schedule.zone : zone, after}.run();
}

std::optional<instant> newest_slot(const cron_schedule& schedule,
                                   const time_zone& zone, instant after,
                                   instant until) {
  if (until <= after)
    return std::nullopt;
  if (schedule.every) {
    auto count = (until - after) / *schedule.every;
    if (count == 0)
      return std::nullopt;
    return after + count * *schedule.every;
  }
  auto& own = schedule.zone ? *schedule.zone : zone;
  return backward_search{schedule, own, after, until}.run();
}

} // namespace holystone::scheduler
