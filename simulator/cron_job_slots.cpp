#include "simulator/cron_job_slots.hpp"

namespace holystone::simulator {

slot_search find_slot(const zoned_schedule& plan, instant earliest,
                      instant now) {
  slot_search found;
  found.earliest = earliest;
  auto first = next_run(plan.schedule, plan.zone, earliest);
  if (!first) {
    found.impossible = true;
    return found;
  }
  if (now < *first)
    return found;
  auto second = next_run(plan.schedule, plan.zone, *first);
  if (!second) {
    found.impossible = true;
    return found;
  }
  if (now < *second) {
    found.newest = first;
    return found;
  }
  // The real controller does not walk from slot to slot: it multiplies the
  // first gap and looks from one gap before there. With uneven gaps it may
  // land behind the newest slot and find none.
  auto gap = *second - *first;
  found.missed = (now - *first) / gap + 1;
  auto probe = *first + (found.missed - 2) * gap;
  found.newest = newest_slot(plan.schedule, plan.zone, probe, now);
  return found;
}

std::optional<instant> next_look(const zoned_schedule& plan,
                                 const slot_search& found, instant now) {
  auto from = now;
  if (!found.impossible && found.newest)
    from = *found.newest;
  else if (!found.impossible && found.missed == 0)
    from = found.earliest;
  return next_run(plan.schedule, plan.zone, from);
}

} // namespace holystone::simulator
