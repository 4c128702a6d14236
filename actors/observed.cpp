#include "actors/observed.hpp"

#include "actors/phrases.hpp"
#include "actors/projections.hpp"
#include "scheduler/claim_status.hpp"
#include "scheduler/folded_facts.hpp"
#include "scheduler/home.hpp"

#include <algorithm>
#include <utility>

template <>
inline constexpr std::size_t
    holystone::scheduler::members_of<holystone::actors::repository_memory> = 4;

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

/// What its loss would be told as; none: nobody waits for it.
std::optional<loss> loss_of(const fact& what) {
  auto as
      = [](watched_kind kind, const object_key& key, const object_uid& uid) {
          return loss{kind, {key, uid}, nullptr};
        };
  if (const auto* cron_job = std::get_if<cron_job_seen>(&what))
    return as(watched_kind::cron_jobs, cron_job->fact.key, cron_job->fact.uid);
  if (const auto* secret = std::get_if<secret_fact>(&what))
    return as(watched_kind::secrets, secret->key, secret->uid);
  if (const auto* job = std::get_if<job_seen>(&what))
    return as(watched_kind::jobs, job->fact.key, job->fact.uid);
  if (const auto* lease = std::get_if<lease_seen>(&what))
    return as(watched_kind::leases, lease->key, lease->fact.uid);
  return std::nullopt;
}

/// The Job that holds the Lease; while it is free, the one counted last, whose
/// user may not be told of its end yet.
const object_uid& last_holder(const lease_fact& lease) {
  return lease.holder ? lease.holder : lease.known.counted;
}

} // namespace

observed::observed(repository_facts from, std::string_view operator_namespace)
    : memory_(std::make_unique<repository_memory>()),
      operator_namespace_(operator_namespace) {
  memory_->facts = std::move(from);
}

const repository_memory& observed::look() const {
  if (!memory_)
    memory_ = std::make_unique<repository_memory>(
        at_rest_.open(phrases_of<repository_memory>()));
  catch_up();
  return *memory_;
}

// To ask changes nothing that anybody could see.
void observed::catch_up() const {
  if (news_.empty())
    return;
  auto& self = const_cast<observed&>(*this);
  // Whoever takes them in looks as well.
  for (auto news = std::exchange(news_, {}); !news.empty();) {
    auto one = news.take_first();
    if (const auto* who = std::get_if<claimant>(&one))
      self.take(*who, true);
    else
      self.fold(std::get<fact>(one));
  }
  self.sort_out();
}

bool observed::may_wait() const {
  return !memory_ && echoes_->is_unused() && !news_.is_full();
}

repository_memory& observed::all() {
  is_changed_ = true;
  return const_cast<repository_memory&>(look());
}

void observed::rest() {
  if (is_changed_ && memory_)
    at_rest_ = folded{*memory_, phrases_of<repository_memory>()};
  is_changed_ = false;
  memory_.reset();
  echoes_.rest();
}

void observed::claim(const claimant& who, instant now) {
  if (may_wait())
    news_.add(who);
  else
    take(who, echoes_.use().counts(who.wish.uid, who.wish.version, now));
}

void observed::take(const claimant& who, bool counts) {
  if (!who.location.empty()) {
    own().location_id = who.location_id;
    own().location = who.location;
    own().reached_by = who.reached_by;
  }
  auto i = std::ranges::find(own().claimants, who.wish.who, key_of);
  if (i == own().claimants.end()) {
    newest_cache(who, nullptr);
    own().claimants.push_back(who);
    sort_out();
    return;
  }
  auto renewed = who;
  renewed.wish.cache = newest_cache(who, &*i);
  renewed.written = i->written;
  if (!counts) {
    renewed.status = i->status;
    renewed.since = i->since;
  }
  *i = std::move(renewed);
  sort_out();
}

shared_value<cache_claim_fact> observed::newest_cache(const claimant& told,
                                                      const claimant* known) {
  const auto& cache = told.wish.cache;
  auto last = all().told_caches.extract(key_of(told));
  if (cache)
    all().told_caches[key_of(told)] = cache;
  auto is_old = last.empty() ? !cache : last.mapped() == cache;
  return known && is_old ? known->wish.cache : cache;
}

void observed::unclaim(const claim_key& who) {
  all().told_caches.erase(who);
  std::erase_if(own().claimants,
                [&](const claimant& one) { return key_of(one) == who; });
  sort_out();
}

bool observed::see(const fact_ptr& what, instant now) {
  if (const auto* seen = std::get_if<fact>(what.get()); seen && may_wait()) {
    news_.add(*seen);
    return true;
  }
  auto is_news = true;
  if (const auto* seen = std::get_if<fact>(what.get())) {
    if (!echoes_.use().counts(*seen, what, now))
      return true;
  } else {
    const auto& gone = std::get<loss>(*what);
    const auto& uid = gone.which.uid;
    // One that was adopted is gone for those who look for the fork's only.
    if (gone.kind != watched_kind::cron_jobs_of_fork)
      echoes_.use().lose(uid);
    is_news = knows(uid);
  }
  take(*what, now);
  return is_news;
}

void observed::read(const fact& what, instant now) {
  const auto& uid = uid_of(what);
  if (echoes_->is_lost(uid) || is_newer(known_version(uid), version_of(what)))
    return;
  // A new object under a known name: nobody told the old one's end.
  if (const auto* job = std::get_if<job_seen>(&what))
    for (const auto& old : std::vector<job_fact>{facts().jobs})
      if (old.key == job->fact.key && old.uid != uid)
        fold(loss{watched_kind::jobs, {old.key, old.uid}, nullptr}, now);
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
  scheduler::sort_out(own(), std::string{operator_namespace_});
}

void observed::fold(const fact& what) {
  if (const auto* secret = std::get_if<secret_fact>(&what)) {
    if (secret->copy)
      upsert(own().copies, *secret->copy);
  } else if (const auto* left = std::get_if<predecessor_seen>(&what)) {
    fold_left(*left);
  } else if (const auto* cron_job = std::get_if<cron_job_seen>(&what)) {
    fold_cron_job(*cron_job);
  } else if (const auto* job = std::get_if<job_seen>(&what)) {
    erase(own().strange_jobs, job->fact.key);
    upsert(own().jobs, job->fact);
  } else if (const auto* pod = std::get_if<pod_seen>(&what)) {
    erase(own().strange_pods, pod->fact.key);
    upsert(own().pods, pod->fact);
  } else if (const auto* lease = std::get_if<lease_seen>(&what)) {
    // Who frees a Lease vouches for the pods that nobody saw end, also
    // for one that is still there and vanishes later.
    if (auto before = own().lease.holder;
        before && before != lease->fact.holder) {
      all().vouched = before;
      std::erase_if(own().pods, [&](const pod_fact& one) {
        return one.job == before && one.vanished;
      });
    }
    own().lease = lease->fact;
  } else if (const auto* cache = std::get_if<cache_claim_seen>(&what)) {
    set_cache(cache->fact.key, cache->fact);
  }
}

void observed::set_cache(const object_key& key,
                         const shared_value<cache_claim_fact>& cache) {
  for (auto& who : own().claimants) {
    const auto& km = who.wish.who;
    if (km.kind == claim_kind::kopia_maintenance && km.object.ns == key.ns
        && cache_claim_name(km.object.name) == key.name)
      who.wish.cache = cache;
  }
}

void observed::fold_left(const predecessor_seen& seen) {
  own().fork_leads = seen.fork_leads.value_or(own().fork_leads);
  if (const auto* job = std::get_if<job_fact>(&seen.what)) {
    upsert(own().jobs, *job);
  } else if (const auto* pod = std::get_if<pod_fact>(&seen.what)) {
    upsert(own().pods, *pod);
  } else {
    // News from before it was adopted.
    const auto& old = std::get<predecessor>(seen.what);
    if (find_cron_job(old.object.uid))
      return;
    lose_left(old.object.uid);
    own().predecessors.push_back(old);
  }
}

const predecessor* observed::find_left(const object_uid& uid) const {
  for (const auto& old : facts().predecessors)
    if (old.object.uid == uid)
      return &old;
  return nullptr;
}

void observed::lose_left(const object_uid& uid) {
  std::erase_if(own().predecessors,
                [&](const predecessor& old) { return old.object.uid == uid; });
}

void observed::fold_cron_job(const cron_job_seen& seen) {
  if (!seen.whose)
    return;
  lose_left(seen.fact.uid);
  auto& here = own().cron_jobs[seen.whose->kind];
  auto found = seen.fact;
  found.is_operators = found.key.ns == operator_namespace_;
  if (own().location.empty() && found.ours && seen.where
      && identify(*seen.where) == own().location_id) {
    own().location = canonical_json(*seen.where);
    own().reached_by = reach_of(*seen.where);
  }
  auto& others = own().elsewhere[seen.whose->kind];
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
    if (own().cron_jobs[kind].uid == uid)
      own().cron_jobs[kind] = {};
    std::erase_if(own().elsewhere[kind],
                  [&](const cron_job_fact& one) { return one.uid == uid; });
  }
}

void observed::fold(const loss& what, instant now) {
  if (!knows(what.which.uid))
    return;
  if (what.last && what.kind != watched_kind::cron_jobs_of_fork)
    fold(*what.last);
  lose_left(what.which.uid);
  const auto& key = what.which.key;
  switch (what.kind) {
    case watched_kind::cron_jobs:
      lose_cron_job(what.which.uid);
      break;
    case watched_kind::leases:
      own().lease = {};
      break;
    case watched_kind::secrets:
      erase(own().copies, key);
      break;
    case watched_kind::jobs:
      for (const auto& job : own().jobs)
        if (job.key == key && job.uid == last_holder(own().lease))
          own().gone_holder = {job.uid, job.pods};
      erase(own().jobs, key);
      erase(own().strange_jobs, key);
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
  erase(own().strange_pods, key);
  for (auto& pod : own().pods)
    if (pod.key == key) {
      // Only a kubelet's word ends a pod that had a node, and after a gap
      // nobody knows whether it got one.
      pod.ended = pod.ended || (state_is_last && !pod.bound);
      if (!pod.ended && !pod.vanished)
        pod.vanished = now;
    }
  // The holder's pods are proof that it ended; others are of no use.
  std::erase_if(own().pods, [&](const pod_fact& pod) {
    return pod.key == key && pod.job != own().lease.holder
           && (pod.ended || pod.job == all().vouched);
  });
}

void observed::begin(const repository_action& what) {
  all().first_resumed = {};
  echoes_.use().begin();
  if (const auto* resume = std::get_if<resume_job>(&what);
      resume && own().never_resumed == resume->job.uid)
    all().first_resumed = std::exchange(own().never_resumed, {});
}

void observed::refuse(const repository_action& what) {
  // Else the Lease of a Job that makes room would be held for hours.
  if (const auto* resume = std::get_if<resume_job>(&what);
      resume && all().first_resumed == resume->job.uid)
    own().never_resumed = std::exchange(all().first_resumed, {});
}

void observed::lack(const repository_action& what, instant now) {
  // What is not there was not resumed either.
  refuse(what);
  auto lose
      = [&](watched_kind kind, const object_key& key, const object_uid& uid) {
          echoes_.use().lose(uid);
          take(loss{kind, {key, uid}, nullptr}, now);
        };
  if (const auto* resume = std::get_if<resume_job>(&what))
    lose(watched_kind::jobs, resume->job.key, resume->job.uid);
  else if (const auto* suspend = std::get_if<suspend_job>(&what))
    lose(watched_kind::jobs, suspend->job.key, suspend->job.uid);
  else if (std::holds_alternative<acquire_lease>(what)
           || std::holds_alternative<release_lease>(what)
           || std::holds_alternative<write_ledger>(what))
    lose(watched_kind::leases, own().lease.key, object_uid{own().lease.uid});
  else if (const auto* set = std::get_if<set_last_schedule>(&what))
    lose(watched_kind::cron_jobs, set->key, set->uid);
  else if (const auto* gone = std::get_if<delete_cron_job>(&what))
    lose(watched_kind::cron_jobs, gone->key, gone->uid);
  else if (const auto* halt = std::get_if<suspend_predecessor>(&what))
    lose_left(halt->uid);
  else if (const auto* adopt = std::get_if<adopt_predecessor>(&what))
    lose_left(adopt->uid);
  else if (const auto* copy = std::get_if<write_copy>(&what))
    lose(watched_kind::secrets, copy->existing.key, copy->existing.uid);
}

void observed::finish(const repository_action& what,
                      const std::vector<observation>& seen, instant now) {
  for (const auto& one : seen) {
    const auto* now_is = std::get_if<fact>(&one);
    if (now_is && echoes_->is_lost(uid_of(*now_is)))
      continue;
    // The watch was faster, and somebody else has written since.
    if (now_is && is_newer(known_version(uid_of(*now_is)), version_of(*now_is)))
      continue;
    // A write that changed nothing has no echo, and that of a cache comes as
    // news of its claimant.
    if (now_is && uid_of(*now_is)
        && !std::holds_alternative<cache_claim_seen>(*now_is)
        && version_of(*now_is) != known_version(uid_of(*now_is))) {
      auto made = knows(uid_of(*now_is)) ? std::nullopt : loss_of(*now_is);
      if (made)
        echoes_.use().owe_new(*made, version_of(*now_is), now);
      else
        echoes_.use().owe(uid_of(*now_is), version_of(*now_is), now);
    }
    take(one, now);
  }
  fold_done(what, !seen.empty());
}

void observed::fold_done(const repository_action& what, bool was_answered) {
  if (const auto* apply = std::get_if<apply_cron_job>(&what)) {
    auto kind = apply->wanted.kind;
    const auto& left = own().cron_jobs[kind].digest;
    if (left != apply->digests.whole)
      own().settled[kind] = {apply->digests.whole, left};
  } else if (const auto* set = std::get_if<set_last_schedule>(&what)) {
    if (auto* found = find_cron_job(set->uid); found && !was_answered)
      found->last_schedule = set->slot;
  } else if (const auto* gone = std::get_if<delete_cron_job>(&what)) {
    if (auto* found = find_cron_job(gone->uid))
      found->deleting = true;
  } else if (const auto* left = std::get_if<remove_predecessor>(&what)) {
    for (auto& old : own().predecessors)
      old.object.deleting = old.object.deleting || old.object.uid == left->uid;
  } else if (const auto* taken = std::get_if<acquire_lease>(&what)) {
    own().never_resumed = taken->job.uid;
  } else if (const auto* old = std::get_if<delete_copy>(&what)) {
    std::erase_if(own().copies, [&](const copy_fact& copy) {
      return copy.uid == old->copy.uid;
    });
  } else if (std::holds_alternative<delete_lease>(what)) {
    own().lease = {};
  } else if (const auto* drop = std::get_if<drop_job>(&what)) {
    mark_deleting(drop->job.uid);
  } else if (const auto* replaced = std::get_if<replace_job>(&what)) {
    mark_deleting(replaced->job.uid);
  } else if (const auto* status = std::get_if<write_status>(&what)) {
    for (auto& who : own().claimants)
      if (key_of(who) == status->who) {
        who.written = written(own(), who, status->status);
        who.status = status->status;
        who.since = status->since;
      }
  } else if (const auto* freed = std::get_if<remove_finalizer>(&what)) {
    // It goes now; nothing is to be told of it any more.
    std::erase_if(own().claimants, [&](const claimant& who) {
      return key_of(who) == freed->who;
    });
  } else if (const auto* cache = std::get_if<delete_cache_claim>(&what)) {
    set_cache(cache->key, {});
  } else if (const auto* granted = std::get_if<settle_reset>(&what)) {
    for (auto& who : own().claimants)
      if (key_of(who) == granted->who)
        who.wish.resets_failures = false;
  }
}

const cron_job_fact* observed::find_cron_job(const object_uid& uid) const {
  for (auto kind : maintenance_kinds) {
    if (facts().cron_jobs[kind].uid == uid)
      return &facts().cron_jobs[kind];
    for (const auto& other : facts().elsewhere[kind])
      if (other.uid == uid)
        return &other;
  }
  return nullptr;
}

cron_job_fact* observed::find_cron_job(const object_uid& uid) {
  return const_cast<cron_job_fact*>(std::as_const(*this).find_cron_job(uid));
}

void observed::mark_deleting(const object_uid& job) {
  for (auto* all : {&own().jobs, &own().strange_jobs})
    for (auto& one : *all)
      if (one.uid == job)
        one.deleting = true;
}

void observed::give_up_echoes(instant now) {
  for (const auto& what : echoes_.use().give_up(now))
    take(*what, now);
}

bool observed::knows(const object_uid& uid) const {
  if (find_left(uid))
    return true;
  auto has = [&](const auto& all) {
    return std::ranges::any_of(all,
                               [&](const auto& one) { return one.uid == uid; });
  };
  return find_cron_job(uid) || facts().lease.uid == uid || has(facts().jobs)
         || has(facts().pods) || has(facts().copies)
         || has(facts().strange_jobs) || has(facts().strange_pods);
}

resource_version observed::known_version(const object_uid& uid) const {
  if (const auto* found = find_cron_job(uid))
    return found->version;
  if (const auto* left = find_left(uid))
    return left->object.version;
  if (facts().lease.uid == uid)
    return facts().lease.version;
  for (const auto& job : facts().jobs)
    if (job.uid == uid)
      return job.version;
  for (const auto& copy : facts().copies)
    if (copy.uid == uid)
      return copy.version;
  for (const auto& who : facts().claimants)
    if (who.wish.uid == uid)
      return who.wish.version;
  return {};
}

} // namespace holystone::actors
