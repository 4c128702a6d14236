#include "actors/injections.hpp"

#include <algorithm>
#include <utility>

namespace holystone::actors {

injections::injections(std::string operator_namespace)
    : operator_namespace_(std::move(operator_namespace)) {
  // nop
}

bool injections::learn(const job_seen& job) {
  const auto& what = job.fact;
  if (what.key.ns != operator_namespace_ || !what.ours || !what.injected
      || job.repository.empty())
    return false;
  auto known = seen_.find(job.repository);
  if (known == seen_.end()) {
    if (what.injected->empty())
      return false;
    seen_[job.repository] = {*what.injected, what.created};
    return true;
  }
  if (what.created <= known->second.since)
    return false;
  known->second.since = what.created;
  return std::exchange(known->second.volumes, *what.injected) != *what.injected;
}

void injections::learn(const cron_job_seen& cron_job,
                       const std::string& repository) {
  if (cron_job.fact.key.ns == operator_namespace_ && cron_job.injected)
    recorded_.insert_or_assign(repository, *cron_job.injected);
}

void injections::move(const std::string& from, const std::string& to) {
  auto there = seen_.find(from);
  if (there == seen_.end())
    return;
  // What is known here may be older, from Jobs that claims have left since: it
  // would send the claim back.
  auto [here, is_new] = seen_.try_emplace(to, there->second);
  if (!is_new && here->second.since <= there->second.since)
    here->second = there->second;
}

void injections::forget(const std::string& repository) {
  seen_.erase(repository);
  recorded_.erase(repository);
}

const injection* injections::seen(const std::string& repository) const {
  auto i = seen_.find(repository);
  return i == seen_.end() ? nullptr : &i->second;
}

const volume_identity*
injections::recorded(const std::string& repository) const {
  auto i = recorded_.find(repository);
  return i == recorded_.end() ? nullptr : &i->second;
}

bool injections::names(const object_key& claim) const {
  return claim.ns == operator_namespace_
         && std::ranges::any_of(seen_, [&](const auto& entry) {
              return std::ranges::count(entry.second.volumes, claim.name,
                                        &named_volume::claim_name)
                     > 0;
            });
}

} // namespace holystone::actors
