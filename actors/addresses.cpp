#include "actors/addresses.hpp"

#include "scheduler/object_names.hpp"

#include <algorithm>
#include <utility>

namespace holystone::actors {

std::string addresses::learn(const fact& what) {
  if (const auto* secret = std::get_if<secret_fact>(&what))
    return secret->copy ? secret->repository : std::string{};
  if (const auto* cron_job = std::get_if<cron_job_seen>(&what))
    return cron_job->whose ? cron_job->whose->id.hex : std::string{};
  if (const auto* job = std::get_if<job_seen>(&what)) {
    if (!job->repository.empty())
      repository_of_job_[job->fact.uid.value] = job->repository;
    return job->repository;
  }
  if (const auto* pod = std::get_if<pod_seen>(&what)) {
    // By label, or else by the Job that it says it belongs to.
    auto i = repository_of_job_.find(pod->fact.job.value);
    return i == repository_of_job_.end() ? pod->repository : i->second;
  }
  return {};
}

std::string addresses::learn(const lease_seen& lease, const fact_ptr& shared) {
  auto location = parse_lease_name(lease.key.name);
  if (!location.empty())
    leases_[location] = shared;
  return location;
}

void addresses::told(const object_uid& uid, const std::string& hash) {
  auto& all = told_[uid.value];
  if (std::ranges::find(all, hash) == all.end())
    all.push_back(hash);
}

std::vector<std::string> addresses::forget(const loss& what) {
  if (what.kind == watched_kind::leases)
    leases_.erase(parse_lease_name(what.which.key.name));
  else if (what.kind == watched_kind::jobs)
    repository_of_job_.erase(what.which.uid.value);
  auto order = told_.extract(what.which.uid.value);
  return order.empty() ? std::vector<std::string>{} : std::move(order.mapped());
}

fact_ptr addresses::lease_of(const std::string& location) const {
  auto i = leases_.find(location);
  return i == leases_.end() ? nullptr : i->second;
}

} // namespace holystone::actors
