#include "actors/addresses.hpp"

#include "actors/folded_observations.hpp"
#include "actors/phrases.hpp"
#include "scheduler/object_names.hpp"

#include <functional>
#include <utility>

namespace holystone::actors {

namespace {

std::size_t short_form(const object_uid& uid) {
  return std::hash<std::string>{}(uid.value);
}

} // namespace

std::string addresses::learn(const fact& what) {
  if (const auto* secret = std::get_if<secret_fact>(&what))
    return secret->copy ? secret->repository : std::string{};
  if (const auto* cron_job = std::get_if<cron_job_seen>(&what))
    return cron_job->whose ? cron_job->whose->id.hex : std::string{};
  if (const auto* job = std::get_if<job_seen>(&what)) {
    if (!job->repository.empty())
      told(job->fact.uid, job->repository);
    return job->repository;
  }
  if (const auto* pod = std::get_if<pod_seen>(&what)) {
    // By label, or else by the Job that it says it belongs to.
    auto i = told_last_.find(short_form(pod->fact.job));
    return i == told_last_.end() ? pod->repository : i->second.open();
  }
  return {};
}

std::string addresses::learn(const lease_seen& lease) {
  auto location = parse_lease_name(lease.key.name);
  if (!location.empty())
    leases_.insert_or_assign(location, folded{lease, phrases_of<lease_seen>()});
  return location;
}

void addresses::told(const object_uid& uid, const kept<std::string>& hash) {
  auto what = short_form(uid);
  auto [last, is_new] = told_last_.try_emplace(what, hash);
  if (is_new)
    return;
  auto before = std::exchange(last->second, hash);
  if (before == hash)
    return;
  auto [first, end] = told_.equal_range(what);
  while (first != end)
    first = first->second == hash ? told_.erase(first) : std::next(first);
  told_.emplace(what, std::move(before));
}

std::vector<std::string> addresses::forget(const loss& what) {
  if (what.kind == watched_kind::leases)
    if (auto i = leases_.find(parse_lease_name(what.which.key.name));
        i != leases_.end())
      leases_.erase(i);
  std::vector<std::string> all;
  auto uid = short_form(what.which.uid);
  auto last = told_last_.find(uid);
  if (last == told_last_.end())
    return all;
  auto [first, end] = told_.equal_range(uid);
  for (; first != end; first = told_.erase(first))
    all.push_back(first->second.open());
  all.push_back(last->second.open());
  told_last_.erase(last);
  return all;
}

fact_ptr addresses::lease_of(const std::string& location) const {
  auto i = leases_.find(location);
  if (i == leases_.end())
    return nullptr;
  return std::make_shared<const observation>(
      fact{i->second.open(phrases_of<lease_seen>())});
}

std::vector<std::string> addresses::leases() const {
  std::vector<std::string> all;
  for (const auto& [location, lease] : leases_)
    all.push_back(location.open());
  return all;
}

} // namespace holystone::actors
