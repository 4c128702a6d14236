#include "actors/alarms.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace holystone::actors {

void alarms::forget(instant at) {
  if (first_ == at)
    first_.reset();
}

void alarms::set(const kept<std::string>& hash, instant at, instant now) {
  seen_ = std::max(seen_, now);
  auto is_first = at_.empty() || (first_ && at < *first_);
  auto [i, is_new] = at_.try_emplace(hash, at);
  if (!is_new)
    forget(std::exchange(i->second, at));
  if (is_first)
    first_ = at;
}

void alarms::erase(const std::string& hash) {
  auto i = at_.find(hash);
  if (i == at_.end())
    return;
  forget(i->second);
  at_.erase(i);
}

std::vector<std::string> alarms::take_due(instant now) {
  auto has_jumped_back = now < std::exchange(seen_, now);
  auto first = next();
  if (!first || (!has_jumped_back && *first > now))
    return {};
  std::vector<std::pair<instant, std::string>> due;
  erase_if(at_, [&](const auto& one) {
    auto is_due = has_jumped_back || one.second <= now;
    if (is_due)
      due.emplace_back(one.second, one.first.open());
    return is_due;
  });
  first_.reset();
  std::ranges::sort(due);
  std::vector<std::string> hashes;
  for (auto& [at, hash] : due)
    hashes.push_back(std::move(hash));
  return hashes;
}

std::optional<instant> alarms::next() const {
  if (!first_ && !at_.empty())
    first_ = std::ranges::min(at_ | std::views::values);
  return first_;
}

} // namespace holystone::actors
