#include "actors/roster.hpp"

#include <algorithm>

namespace holystone::actors {

namespace {

// What stays the same stays shared.
void keep(kept<std::string>& text, const std::string& now_is) {
  if (text != now_is)
    text = now_is;
}

} // namespace

repository_entry& roster::enter(const std::string& hash) {
  auto i = all_.lower_bound(hash);
  if (i == all_.end() || i->first != hash) {
    i = all_.try_emplace(i, hash);
    i->second.where.location_id = i->first;
  }
  return i->second;
}

repository_entry* roster::find(const std::string& hash) {
  auto i = all_.find(hash);
  return i == all_.end() ? nullptr : &i->second;
}

const repository_entry* roster::find(const std::string& hash) const {
  auto i = all_.find(hash);
  return i == all_.end() ? nullptr : &i->second;
}

void roster::lies_at(repository_entry& which, const site& where) {
  auto& here = which.where;
  keep(here.location_id, where.location_id.hex);
  keep(here.location, where.location);
  keep(endpoint_, where.endpoint);
  here.endpoint = endpoint_;
  here.reached_by = where.reached_by;
}

kept<std::string> roster::name_of(const std::string& hash) const {
  auto i = all_.find(hash);
  return i == all_.end() ? kept{hash} : i->first;
}

repository_actor roster::actor_of(const std::string& hash) const {
  const auto* one = find(hash);
  return one ? one->actor : repository_actor{};
}

std::string_view roster::endpoint_of(const std::string& hash) const {
  const auto* one = find(hash);
  return one ? std::get<2>(one->where.endpoint.parts()) : std::string_view{};
}

std::optional<std::string> roster::place_of(const claim_key& who) const {
  auto i = at_.find(who);
  if (i == at_.end())
    return std::nullopt;
  return i->second->first.open();
}

bool roster::claim(const kept<claim_key>& who, const std::string& hash) {
  enter(hash);
  auto& there = *all_.find(hash);
  at_.insert_or_assign(who, &there);
  return there.second.claims.insert(who).second;
}

void roster::unclaim(const claim_key& who) {
  auto i = at_.find(who);
  if (i == at_.end())
    return;
  auto& claims = i->second->second.claims;
  claims.erase(claims.find(who));
  at_.erase(i);
}

placement::claim_keys roster::claims_of(const std::string& hash) const {
  placement::claim_keys all;
  if (const auto* one = find(hash))
    for (const auto& who : one->claims)
      all.push_back(who.open());
  return all;
}

std::vector<std::string> roster::lying_at(const std::string& location) const {
  std::vector<std::string> found;
  for (const auto& [hash, one] : all_)
    if (one.where.location_id == location)
      found.push_back(hash.open());
  return found;
}

bool roster::is_shared(const std::string& hash) const {
  const auto* here = find(hash);
  return here && std::ranges::any_of(all_, [&](const auto& other) {
           return other.first != hash && !other.second.claims.empty()
                  && other.second.where.location_id == here->where.location_id;
         });
}

std::optional<std::string> roster::hash_of(const caf::actor_addr& actor) const {
  for (const auto& [hash, one] : all_)
    if (one.actor && one.actor.address() == actor)
      return hash.open();
  return std::nullopt;
}

seconds roster::fell(const std::string& hash, steady_instant since) {
  auto& one = enter(hash);
  one.actor = nullptr;
  one.is_down = true;
  if (!one.falls)
    one.falls = std::make_unique<restart_policy>();
  return one.falls->crashed(since);
}

} // namespace holystone::actors
