#include "actors/predecessors.hpp"

#include "actors/projections.hpp"

#include <fmt/format.h>

#include <utility>

namespace holystone::actors {

namespace {

/// May what works with this Secret have to do with claims of the namespace?
bool may_concern(const object_key& secret, std::string_view ns) {
  return secret.ns == ns
         || secret.name.starts_with(fmt::format("maintenance-{}-", ns));
}

} // namespace

predecessor_seen to_left(const secret_fact& secret) {
  predecessor old;
  old.what = predecessor::kind::secret_copy;
  old.object.key = old.secret = secret.key;
  old.object.uid = secret.uid;
  old.object.version = secret.version;
  old.object.deleting = secret.deleting;
  return {secret.key, std::move(old)};
}

loss to_loss(const left_behind& what) {
  const auto& uid = uid_of(what.seen);
  if (const auto* job = std::get_if<job_fact>(&what.seen.what))
    return {watched_kind::jobs, {job->key, uid}, nullptr};
  if (const auto* pod = std::get_if<pod_fact>(&what.seen.what))
    return {watched_kind::pods, {pod->key, uid}, nullptr};
  const auto& old = std::get<predecessor>(what.seen.what);
  return {watched_kind::cron_jobs_of_fork, {old.object.key, uid}, nullptr};
}

left_behind* predecessors::find(const object_uid& uid) {
  auto i = all_.find(uid);
  return i == all_.end() ? nullptr : &i->second;
}

void predecessors::learn(const predecessor_seen& seen) {
  const auto& uid = uid_of(seen);
  auto& known = all_[uid];
  auto before = std::exchange(known.seen, seen).secret;
  by_secret_[seen.secret].insert(uid);
  if (before != seen.secret)
    unlist(before, uid);
}

std::set<std::string> predecessors::forget(const object_uid& uid) {
  auto order = all_.extract(uid);
  if (order.empty())
    return {};
  unlist(order.mapped().seen.secret, uid);
  return std::move(order.mapped().told);
}

std::vector<object_uid> predecessors::learn(const reading& told) {
  auto users = by_secret_.find(told.key);
  if (users == by_secret_.end())
    return {};
  auto& place = places_[told.key];
  // A path alone says nothing before a claim tells which volume it is on.
  if (told.where && reach_of(*told.where) != reach::unknown)
    place = identify(*told.where).hex;
  return {users->second.begin(), users->second.end()};
}

const std::string& predecessors::location_of(const object_key& secret) const {
  static const std::string none;
  auto i = places_.find(secret);
  return i == places_.end() ? none : i->second;
}

bool predecessors::needs(const object_key& secret) const {
  return location_of(secret).empty() && by_secret_.contains(secret);
}

std::set<std::string>
predecessors::places_of(const left_behind& what,
                        const claimed_places& known) const {
  const auto& secret = what.seen.secret;
  std::set<std::string> all;
  if (const auto& location = location_of(secret); !location.empty()) {
    if (known.identity_by_secret)
      for (auto& hash : known.repositories.lying_at(location))
        all.insert(std::move(hash));
    if (all.empty())
      all.insert(location);
    return all;
  }
  for (const auto& who : known.claims.served_by(secret))
    if (auto at = known.repositories.place_of(who); at && *at != lobby)
      all.insert(*at);
  if (!all.empty())
    return all;
  // What may run at a place that nobody can tell is waited for by all whom it
  // may concern.
  if (what.can_run())
    known.repositories.visit_claims(
        [&](std::string_view ns, const std::string& hash) {
          if (may_concern(secret, ns))
            all.insert(hash);
        });
  all.insert(lobby);
  return all;
}

std::vector<object_uid> predecessors::unplaced() const {
  std::vector<object_uid> some;
  for (const auto& [uid, one] : all_)
    if (has_read(one.seen.secret) && location_of(one.seen.secret).empty())
      some.push_back(uid);
  return some;
}

void predecessors::unlist(const object_key& secret, const object_uid& uid) {
  auto users = by_secret_.find(secret);
  if (users == by_secret_.end())
    return;
  users->second.erase(uid);
  if (!users->second.empty())
    return;
  by_secret_.erase(users);
  places_.erase(secret);
}

} // namespace holystone::actors
