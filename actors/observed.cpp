#include "actors/observed.hpp"

#include "actors/projections.hpp"
#include "scheduler/claim_status.hpp"
#include "scheduler/home.hpp"

#include <algorithm>
#include <utility>

namespace holystone::actors {

namespace {

template <class Fact>
void upsert(std::vector<Fact>& all, const Fact& one) {
  auto i = std::ranges::find(all, one.key, &Fact::key);
  if (i == all.end())
    all.push_back(one);
  else
    *i = one;
}

template <class Fact>
void erase(std::vector<Fact>& all, const object_key& key) {
  std::erase_if(all, [&](const Fact& one) { return one.key == key; });
}

const claim_key& key_of(const claimant& who) {
  return who.wish.who;
}

} // namespace

observed::observed(repository_facts from, std::string operator_namespace)
    : facts_(std::move(from)),
      operator_namespace_(std::move(operator_namespace)) {
  // nop
}

void observed::claim(const claimant& who, instant now) {
  if (!who.location.empty()) {
    facts_.location_id = who.location_id;
    facts_.location = who.location;
    facts_.reached_by = who.reached_by;
  }
  auto i = std::ranges::find(facts_.claimants, who.wish.who, key_of);
  if (i == facts_.claimants.end()) {
    facts_.claimants.push_back(who);
    sort_out();
    return;
  }
  auto renewed = who;
  renewed.written = i->written;
  if (!echoes_.counts(who.wish.uid, who.wish.version, now)) {
    renewed.status = i->status;
    renewed.since = i->since;
  }
  *i = std::move(renewed);
  sort_out();
}

void observed::unclaim(const claim_key& who) {
  std::erase_if(facts_.claimants,
                [&](const claimant& one) { return key_of(one) == who; });
  sort_out();
}

bool observed::see(const fact_ptr& what, instant now) {
  auto is_news = true;
  if (const auto* seen = std::get_if<fact>(what.get())) {
    if (!echoes_.counts(*seen, what, now))
      return true;
  } else {
    const auto& uid = std::get<loss>(*what).which.uid;
    echoes_.lose(uid);
    is_news = knows(uid);
  }
  take(*what, now);
  return is_news;
}

void observed::read(const fact& what) {
  if (echoes_.is_lost(uid_of(what)))
    return;
  fold(what);
  sort_out();
}

void observed::take(const observation& what, instant now) {
  if (const auto* gone = std::get_if<loss>(&what))
    fold(*gone, now);
  else
    fold(std::get<fact>(what));
  sort_out();
}

void observed::sort_out() {
  scheduler::sort_out(facts_, operator_namespace_);
}

void observed::fold(const fact& what) {
  if (const auto* secret = std::get_if<secret_fact>(&what)) {
    if (secret->copy)
      upsert(facts_.copies, *secret->copy);
  } else if (const auto* cron_job = std::get_if<cron_job_seen>(&what)) {
    fold_cron_job(*cron_job);
  } else if (const auto* job = std::get_if<job_seen>(&what)) {
    erase(facts_.strange_jobs, job->fact.key);
    upsert(facts_.jobs, job->fact);
  } else if (const auto* pod = std::get_if<pod_seen>(&what)) {
    erase(facts_.strange_pods, pod->fact.key);
    upsert(facts_.pods, pod->fact);
  } else if (const auto* lease = std::get_if<lease_seen>(&what)) {
    // Who frees a Lease vouches for the pods that nobody saw end, also
    // for one that is still there and vanishes later.
    if (auto before = facts_.lease.holder;
        before && before != lease->fact.holder) {
      vouched_ = before;
      std::erase_if(facts_.pods, [&](const pod_fact& one) {
        return one.job == before && one.vanished;
      });
    }
    facts_.lease = lease->fact;
  }
}

void observed::fold_cron_job(const cron_job_seen& seen) {
  if (!seen.whose)
    return;
  auto& here = facts_.cron_jobs[seen.whose->kind];
  auto found = seen.fact;
  found.is_operators = found.key.ns == operator_namespace_;
  if (facts_.location.empty() && found.ours && seen.where
      && identify(*seen.where) == facts_.location_id) {
    facts_.location = canonical_json(*seen.where);
    facts_.reached_by = reach_of(*seen.where);
  }
  auto& others = facts_.elsewhere[seen.whose->kind];
  std::erase_if(others,
                [&](const cron_job_fact& one) { return one.key == found.key; });
  // Where it belongs is said by sort_out.
  if (!here.exists || here.key == found.key)
    here = std::move(found);
  else
    others.push_back(std::move(found));
}

void observed::lose_cron_job(const object_uid& uid) {
  for (auto kind : maintenance_kinds) {
    if (facts_.cron_jobs[kind].uid == uid)
      facts_.cron_jobs[kind] = {};
    std::erase_if(facts_.elsewhere[kind],
                  [&](const cron_job_fact& one) { return one.uid == uid; });
  }
}

void observed::fold(const loss& what, instant now) {
  if (!knows(what.which.uid))
    return;
  if (what.last)
    fold(*what.last);
  const auto& key = what.which.key;
  switch (what.kind) {
    case watched_kind::cron_jobs:
      lose_cron_job(what.which.uid);
      break;
    case watched_kind::leases:
      facts_.lease = {};
      break;
    case watched_kind::secrets:
      erase(facts_.copies, key);
      break;
    case watched_kind::jobs:
      for (const auto& job : facts_.jobs)
        if (job.key == key && job.uid == facts_.lease.holder)
          facts_.gone_holder = {job.uid, job.pods};
      erase(facts_.jobs, key);
      erase(facts_.strange_jobs, key);
      break;
    case watched_kind::pods:
      lose_pod(key, what.last != nullptr, now);
      break;
    default:
      break;
  }
}

void observed::lose_pod(const object_key& key, bool state_is_last,
                        instant now) {
  erase(facts_.strange_pods, key);
  for (auto& pod : facts_.pods)
    if (pod.key == key) {
      // Only a kubelet's word ends a pod that had a node, and after a gap
      // nobody knows whether it got one.
      pod.ended = pod.ended || (state_is_last && !pod.bound);
      if (!pod.ended && !pod.vanished)
        pod.vanished = now;
    }
  // The holder's pods are proof that it ended; others are of no use.
  std::erase_if(facts_.pods, [&](const pod_fact& pod) {
    return pod.key == key && pod.job != facts_.lease.holder
           && (pod.ended || pod.job == vouched_);
  });
}

void observed::begin(const repository_action& what) {
  first_resumed_ = {};
  echoes_.begin();
  if (const auto* resume = std::get_if<resume_job>(&what);
      resume && facts_.never_resumed == resume->job.uid)
    first_resumed_ = std::exchange(facts_.never_resumed, {});
}

void observed::refuse(const repository_action& what) {
  // Else the Lease of a Job that makes room would be held for hours.
  if (const auto* resume = std::get_if<resume_job>(&what);
      resume && first_resumed_ == resume->job.uid)
    facts_.never_resumed = std::exchange(first_resumed_, {});
}

void observed::lack(const repository_action& what, instant now) {
  auto lose
      = [&](watched_kind kind, const object_key& key, const object_uid& uid) {
          echoes_.lose(uid);
          take(loss{kind, {key, uid}, nullptr}, now);
        };
  if (const auto* resume = std::get_if<resume_job>(&what))
    lose(watched_kind::jobs, resume->job.key, resume->job.uid);
  else if (const auto* suspend = std::get_if<suspend_job>(&what))
    lose(watched_kind::jobs, suspend->job.key, suspend->job.uid);
  else if (std::holds_alternative<acquire_lease>(what)
           || std::holds_alternative<release_lease>(what))
    lose(watched_kind::leases, facts_.lease.key, object_uid{facts_.lease.uid});
  else if (const auto* set = std::get_if<set_last_schedule>(&what))
    lose(watched_kind::cron_jobs, set->key, set->uid);
  else if (const auto* copy = std::get_if<write_copy>(&what))
    lose(watched_kind::secrets, copy->existing.key, copy->existing.uid);
}

void observed::finish(const repository_action& what,
                      const std::vector<observation>& seen, instant now) {
  for (const auto& one : seen) {
    const auto* now_is = std::get_if<fact>(&one);
    if (now_is && echoes_.is_lost(uid_of(*now_is)))
      continue;
    // A write that changed nothing has no echo.
    if (now_is && uid_of(*now_is)
        && version_of(*now_is) != known_version(uid_of(*now_is)))
      echoes_.owe(uid_of(*now_is), version_of(*now_is), now);
    take(one, now);
  }
  fold_done(what, !seen.empty());
}

void observed::fold_done(const repository_action& what, bool was_answered) {
  if (const auto* apply = std::get_if<apply_cron_job>(&what)) {
    auto kind = apply->wanted.kind;
    const auto& left = facts_.cron_jobs[kind].digest;
    if (left != apply->digests.whole)
      facts_.settled[kind] = {apply->digests.whole, left};
  } else if (const auto* set = std::get_if<set_last_schedule>(&what)) {
    if (auto* found = find_cron_job(set->uid); found && !was_answered)
      found->last_schedule = set->slot;
  } else if (const auto* gone = std::get_if<delete_cron_job>(&what)) {
    if (auto* found = find_cron_job(gone->uid))
      found->deleting = true;
  } else if (const auto* taken = std::get_if<acquire_lease>(&what)) {
    facts_.never_resumed = taken->job.uid;
  } else if (const auto* old = std::get_if<delete_copy>(&what)) {
    std::erase_if(facts_.copies, [&](const copy_fact& copy) {
      return copy.uid == old->copy.uid;
    });
  } else if (std::holds_alternative<delete_lease>(what)) {
    facts_.lease = {};
  } else if (const auto* drop = std::get_if<drop_job>(&what)) {
    mark_deleting(drop->job.uid);
  } else if (const auto* replaced = std::get_if<replace_job>(&what)) {
    mark_deleting(replaced->job.uid);
  } else if (const auto* status = std::get_if<write_status>(&what)) {
    for (auto& who : facts_.claimants)
      if (key_of(who) == status->who) {
        who.written = written(facts_, who, status->status);
        who.status = status->status;
        who.since = status->since;
      }
  }
}

const cron_job_fact* observed::find_cron_job(const object_uid& uid) const {
  for (auto kind : maintenance_kinds) {
    if (facts_.cron_jobs[kind].uid == uid)
      return &facts_.cron_jobs[kind];
    for (const auto& other : facts_.elsewhere[kind])
      if (other.uid == uid)
        return &other;
  }
  return nullptr;
}

cron_job_fact* observed::find_cron_job(const object_uid& uid) {
  return const_cast<cron_job_fact*>(std::as_const(*this).find_cron_job(uid));
}

void observed::mark_deleting(const object_uid& job) {
  for (auto& one : facts_.jobs)
    if (one.uid == job)
      one.deleting = true;
}

void observed::give_up_echoes(instant now) {
  for (const auto& what : echoes_.give_up(now))
    take(*what, now);
}

bool observed::knows(const object_uid& uid) const {
  auto has = [&](const auto& all) {
    return std::ranges::any_of(all,
                               [&](const auto& one) { return one.uid == uid; });
  };
  return find_cron_job(uid) || facts_.lease.uid == uid || has(facts_.jobs)
         || has(facts_.pods) || has(facts_.copies) || has(facts_.strange_jobs)
         || has(facts_.strange_pods);
}

resource_version observed::known_version(const object_uid& uid) const {
  if (const auto* found = find_cron_job(uid))
    return found->version;
  if (facts_.lease.uid == uid)
    return facts_.lease.version;
  for (const auto& job : facts_.jobs)
    if (job.uid == uid)
      return job.version;
  for (const auto& copy : facts_.copies)
    if (copy.uid == uid)
      return copy.version;
  for (const auto& who : facts_.claimants)
    if (who.wish.uid == uid)
      return who.wish.version;
  return {};
}

} // namespace holystone::actors
