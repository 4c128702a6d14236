#include "actors/aliases.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace holystone::actors {

namespace {

std::size_t hash_of(const std::string& text) {
  return std::hash<std::string>{}(text);
}

/// Who claimed first.
template <class Claims>
const typename Claims::value_type* eldest(const Claims& all) {
  auto first = std::ranges::min_element(all);
  return first == all.end() ? nullptr : &*first;
}

template <class Index, class Value>
void erase(Index& index, std::size_t hash, const Value* value) {
  auto [first, end] = index.equal_range(hash);
  for (; first != end; ++first)
    if (first->second == value) {
      index.erase(first);
      return;
    }
}

} // namespace

std::vector<const aliases::places::value_type*>
aliases::with_id(const std::string& id) const {
  std::vector<const places::value_type*> all;
  if (id.empty())
    return all;
  auto [first, end] = by_id_.equal_range(hash_of(id));
  for (; first != end; ++first)
    if (first->second->second.id == id)
      all.push_back(first->second);
  std::ranges::sort(all, {}, [](const auto* one) { return one->first; });
  return all;
}

void aliases::touch(const place& at) {
  auto all = with_id(at.id);
  if (all.size() > 1)
    for (const auto* one : all)
      changed_.insert(one->first);
}

void aliases::identify(places::value_type& at, const std::string& id) {
  if (at.second.id == id)
    return;
  touch(at.second);
  if (!at.second.id.empty())
    erase(by_id_, hash_of(at.second.id), &at);
  at.second.id = id;
  if (!id.empty())
    by_id_.emplace(hash_of(id), &at);
  touch(at.second);
}

void aliases::learn(const std::string& location, const lease_fact& lease) {
  auto& found = *places_.try_emplace(location).first;
  identify(found, lease.known.unique_id);
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
  identify(*i, {});
  i->second.held.reset();
  if (i->second.claims.empty())
    places_.erase(i);
}

void aliases::claim(const kept<claim_key>& who, instant created,
                    const std::string& location, const std::string& text) {
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
  if (at.claims.empty() && at.id.empty() && !at.held)
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
    others.push_back({hash, at.text, theirs && (!ours || *theirs < *ours),
                      at.held ? at.held->holder : object_uid{},
                      at.held ? at.held->job : object_key{}});
  }
  return others;
}

std::set<std::string> aliases::take_changed() {
  return std::exchange(changed_, {});
}

} // namespace holystone::actors
