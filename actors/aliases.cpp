#include "actors/aliases.hpp"

#include <utility>

namespace holystone::actors {

namespace {

/// Who claimed first.
std::optional<std::pair<instant, claim_key>>
eldest(const std::map<claim_key, instant>& claims) {
  std::optional<std::pair<instant, claim_key>> first;
  for (const auto& [who, created] : claims)
    if (!first || std::pair{created, who} < *first)
      first = {created, who};
  return first;
}

} // namespace

void aliases::touch(const place& at) {
  auto i = by_id_.find(at.id);
  if (i != by_id_.end() && i->second.size() > 1)
    changed_.insert(i->second.begin(), i->second.end());
}

void aliases::identify(const std::string& location, place& at,
                       const std::string& id) {
  if (at.id == id)
    return;
  touch(at);
  if (auto i = by_id_.find(at.id); i != by_id_.end()) {
    i->second.erase(location);
    if (i->second.empty())
      by_id_.erase(i);
  }
  at.id = id;
  if (!id.empty())
    by_id_[id].insert(location);
  touch(at);
}

void aliases::learn(const std::string& location, const lease_fact& lease) {
  auto& at = places_[location];
  identify(location, at, lease.known.unique_id);
  if (at.holder == lease.holder)
    return;
  at.holder = lease.holder;
  at.holder_job = lease.holder_job;
  touch(at);
}

void aliases::forget(const std::string& location) {
  auto i = places_.find(location);
  if (i == places_.end())
    return;
  identify(location, i->second, {});
  i->second.holder = {};
  if (i->second.claims.empty())
    places_.erase(i);
}

void aliases::claim(const claim_key& who, instant created,
                    const std::string& location, const std::string& text) {
  auto before = at_.find(who);
  if (before != at_.end() && before->second == location)
    return;
  unclaim(who);
  at_[who] = location;
  auto& at = places_[location];
  at.text = text;
  at.claims[who] = created;
  touch(at);
}

void aliases::unclaim(const claim_key& who) {
  auto i = at_.find(who);
  if (i == at_.end())
    return;
  auto location = std::move(i->second);
  at_.erase(i);
  auto& at = places_[location];
  at.claims.erase(who);
  touch(at);
  if (at.claims.empty() && at.id.empty() && !at.holder)
    places_.erase(location);
}

std::vector<alias_fact> aliases::of(const std::string& location) const {
  auto mine = places_.find(location);
  if (mine == places_.end())
    return {};
  auto group = by_id_.find(mine->second.id);
  if (group == by_id_.end())
    return {};
  auto ours = eldest(mine->second.claims);
  std::vector<alias_fact> others;
  for (const auto& hash : group->second) {
    const auto& at = places_.at(hash);
    auto theirs = eldest(at.claims);
    if (hash == location || (!theirs && !at.holder))
      continue;
    others.push_back({hash, at.text, theirs && (!ours || *theirs < *ours),
                      at.holder, at.holder_job});
  }
  return others;
}

std::set<std::string> aliases::take_changed() {
  return std::exchange(changed_, {});
}

} // namespace holystone::actors
