#include "actors/alarms.hpp"

#include <algorithm>

namespace holystone::actors {

void alarms::set(const std::string& hash, instant at, instant now) {
  seen_ = std::max(seen_, now);
  auto [i, is_new] = at_.try_emplace(hash, at);
  if (!is_new)
    in_order_.erase({i->second, &i->first});
  i->second = at;
  in_order_.emplace(at, &i->first);
}

void alarms::erase(const std::string& hash) {
  auto i = at_.find(hash);
  if (i == at_.end())
    return;
  in_order_.erase({i->second, &i->first});
  at_.erase(i);
}

std::vector<std::string> alarms::take_due(instant now) {
  std::vector<std::string> due;
  auto has_jumped_back = now < std::exchange(seen_, now);
  while (!in_order_.empty()
         && (has_jumped_back || in_order_.begin()->first <= now)) {
    due.push_back(*in_order_.begin()->second);
    erase(due.back());
  }
  return due;
}

std::optional<instant> alarms::next() const {
  if (in_order_.empty())
    return std::nullopt;
  return in_order_.begin()->first;
}

} // namespace holystone::actors
