#include "actors/opening.hpp"

#include "actors/projections.hpp"

namespace holystone::actors {

namespace {

/// Readings that fail are tried again every second or so.
constexpr seconds longest_opening{30};

} // namespace

bool opening::complete(watched_kind kind, instant now) {
  auto before = is_synced();
  synced_.set(static_cast<std::size_t>(kind));
  if (before || !is_synced())
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
  std::vector<std::string> kinds;
  for (std::size_t kind = 0; kind < watched_kinds; ++kind)
    if (!synced_.test(kind))
      kinds.emplace_back(to_string(static_cast<watched_kind>(kind)));
  return kinds;
}

} // namespace holystone::actors
