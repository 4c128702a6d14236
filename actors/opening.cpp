#include "actors/opening.hpp"

#include "actors/projections.hpp"

namespace holystone::actors {

namespace {

/// Readings that fail are tried again every second or so.
constexpr seconds longest_opening{30};

} // namespace

opening::opening(const std::vector<watched_place>& places)
    : unlisted_(places.begin(), places.end()) {
  // nop
}

bool opening::complete(const watched_place& place, instant now) {
  if (unlisted_.erase(place) == 0 || !is_synced())
    return false;
  opens_at_ = now + longest_opening;
  return true;
}

void opening::prolong(instant now) {
  if (opens_at_)
    opens_at_ = now + longest_opening;
}

bool opening::open(instant now, bool all_read) {
  if (is_open_ || !is_synced())
    return false;
  // One that lies further ahead is of a clock that has jumped back.
  auto is_awaited = now < *opens_at_ && *opens_at_ <= now + longest_opening;
  if (!all_read && is_awaited)
    return false;
  opens_at_.reset();
  is_open_ = true;
  return true;
}

std::vector<std::string> opening::missing() const {
  std::vector<std::string> all;
  for (const auto& place : unlisted_)
    all.push_back(to_string(place));
  return all;
}

} // namespace holystone::actors
