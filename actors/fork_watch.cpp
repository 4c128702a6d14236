#include "actors/fork_watch.hpp"

#include "metrics/log.hpp"
#include "scheduler/time.hpp"

#include <algorithm>

namespace holystone::actors {

bool fork_watch::take(const fact& what, steady_instant now) {
  const auto* lease = std::get_if<fork_lease_seen>(&what);
  if (!lease)
    return false;
  auto record = lease->record;
  if (clock_ && has_run_out(record, clock_()))
    record.holder.clear();
  forks_[lease->ns].seen(std::move(record), now);
  return true;
}

bool fork_watch::take(const loss& what) {
  const auto& key = what.which.key;
  if (what.kind != watched_kind::leases || key.name != fork_lease)
    return false;
  forks_.erase(key.ns);
  return true;
}

bool fork_watch::settle(steady_instant now) {
  auto leads = [now](const auto& known) {
    return known.second.at(now) != presence::absent;
  };
  auto first = std::ranges::find_if(forks_, leads);
  auto leaves = first != forks_.end();
  if (leaves == leaves_)
    return false;
  leaves_ = leaves;
  if (leaves)
    metrics::log_warning(
        "another install",
        {{"notice", to_notice(first->second, first->first, now)}});
  else
    metrics::log_info("the fork of VolSync leads no more; KopiaMaintenance "
                      "objects are maintained here");
  return true;
}

bool fork_watch::is_undecided(steady_instant now) const {
  return leaves_ && std::ranges::none_of(forks_, [now](const auto& known) {
           return known.second.at(now) == presence::present;
         });
}

std::optional<steady_instant> fork_watch::settles_at(steady_instant now) const {
  std::optional<steady_instant> first;
  for (const auto& [ns, one] : forks_)
    if (auto at = one.changes_at(now))
      first = earlier(first, at);
  return first;
}

std::vector<std::string> fork_watch::notices(steady_instant now) const {
  std::vector<std::string> all;
  for (const auto& [ns, one] : forks_)
    if (auto text = to_notice(one, ns, now); !text.empty())
      all.push_back(std::move(text));
  return all;
}

} // namespace holystone::actors
