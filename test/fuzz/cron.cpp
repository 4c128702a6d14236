// Schedules as users write them: what is accepted has a next run in bounded
// time, later than asked, and an H means the same however often it is resolved.

#include "scheduler/cron.hpp"
#include "claim.hpp"
#include "scheduler/timeline.hpp"

using namespace holystone;
using namespace holystone::scheduler;

namespace {

void ask_for_runs(const cron_schedule& schedule, const time_zone& zone) {
  static const instant start = *parse_rfc3339("2026-03-28T23:59:30Z");
  auto at = start;
  for (int i = 0; i < 3; ++i) {
    auto next = next_run(schedule, zone, at);
    if (!next)
      return;
    fuzz::claim(*next > at, "the next run is later");
    auto newest = newest_slot(schedule, zone, at, *next);
    fuzz::claim(schedule.every || newest == next,
                "between a slot and the next one is none");
    at = *next;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static const auto berlin = find_zone("Europe/Berlin");
  auto text = fuzz::text_of(data, size);
  auto resolved = resolve_hashed(text, "0123456789abcdef");
  if (!resolved)
    return 0;
  fuzz::claim(!is_hashed(*resolved) || !parse_cron(*resolved),
              "nothing with an H left is a schedule");
  if (auto schedule = parse_cron(*resolved)) {
    ask_for_runs(*schedule, *berlin);
    auto apart = split_zone(*resolved);
    fuzz::claim(static_cast<bool>(apart), "an accepted schedule has a zone");
    fuzz::claim(static_cast<bool>(parse_cron(apart->spec)),
                "without its zone it is a schedule still");
  }
  return 0;
}
