#include "actors/aliases.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace holystone::actors {

namespace {

// Who could give his repository an id with the hash of another's could as well
// give it the same id.
std::size_t short_form(const std::string& id) {
  return id.empty() ? 0 : std::hash<std::string>{}(id);
}

/// Who claimed first.
template <class Claims>
const typename Claims::value_type* eldest(const Claims& all) {
  auto first = std::ranges::min_element(all);
  return first == all.end() ? nullptr : &*first;
}

} // namespace

std::vector<const aliases::places::value_type*>
aliases::with_id(std::size_t id) const {
  std::vector<const places::value_type*> all;
  for (auto i = by_id_.lower_bound({id, nullptr});
       id != 0 && i != by_id_.end() && i->first == id; ++i)
    all.push_back(i->second);
  std::ranges::sort(all, {}, [](const auto* one) { return one->first; });
  return all;
}

void aliases::touch(const place& at) {
  auto all = with_id(at.id);
  if (all.size() > 1)
    for (const auto* one : all)
      changed_.insert(one->first.open());
}

void aliases::identify(places::value_type& at, std::size_t id) {
  if (at.second.id == id)
    return;
  touch(at.second);
  by_id_.erase({at.second.id, &at});
  at.second.id = id;
  if (id != 0)
    by_id_.emplace(id, &at);
  touch(at.second);
}

void aliases::learn(const kept<std::string>& location,
                    const lease_fact& lease) {
  auto& found = *places_.try_emplace(location).first;
  identify(found, short_form(lease.known.unique_id));
  auto& at = found.second;
  if ((at.held ? at.held->holder : object_uid{}) == lease.holder)
    return;
  at.held.reset();
  if (lease.holder)
    at.held.reset(new holding{lease.holder, lease.holder_job});
  touch(at);
}

void aliases::forget(const std::string& location) {
  auto i = places_.find(location);
  if (i == places_.end())
    return;
  identify(*i, 0);
  i->second.held.reset();
  if (i->second.claims.empty())
    places_.erase(i);
}

void aliases::claim(const kept<claim_key>& who, instant created,
                    const kept<std::string>& location,
                    const kept<std::string>& text) {
  auto before = by_claim_.find(who);
  if (before != by_claim_.end() && before->second->first == location)
    return;
  unclaim(who.open());
  auto& found = *places_.try_emplace(location).first;
  auto& at = found.second;
  at.text = text;
  at.claims.emplace_back(created, who);
  by_claim_.emplace(who, &found);
  touch(at);
}

void aliases::unclaim(const claim_key& who) {
  auto i = by_claim_.find(who);
  if (i == by_claim_.end())
    return;
  auto& [location, at] = *i->second;
  by_claim_.erase(i);
  std::erase_if(at.claims, [&](const auto& one) { return one.second == who; });
  touch(at);
  if (at.claims.empty() && at.id == 0 && !at.held)
    places_.erase(places_.find(location));
}

std::vector<alias_fact> aliases::of(const std::string& location) const {
  auto mine = places_.find(location);
  if (mine == places_.end())
    return {};
  auto ours = eldest(mine->second.claims);
  std::vector<alias_fact> others;
  for (const auto* one : with_id(mine->second.id)) {
    const auto& [hash, at] = *one;
    auto theirs = eldest(at.claims);
    if (hash == location || (!theirs && !at.held))
      continue;
    others.push_back({hash.open(), at.text.open(),
                      theirs && (!ours || *theirs < *ours),
                      at.held ? at.held->holder : object_uid{},
                      at.held ? at.held->job : object_key{}});
  }
  return others;
}

std::set<std::string> aliases::take_changed() {
  return std::exchange(changed_, {});
}

} // namespace holystone::actors
