#include "little_server.hpp"

#include <algorithm>
#include <stdexcept>

namespace holystone::scheduler {

namespace {

void never(bool broken, const char* what) {
  if (broken)
    throw std::logic_error(what);
}

/// One write, by what it is; each says whether it was done.
struct write {
  little_cluster& in;
  const repository_facts& seen;

  little_cluster::job* find(const job_fact& fact, bool with_version) const {
    auto i = in.jobs.find(fact.key.name);
    return i != in.jobs.end() && i->second.fact.uid == fact.uid
                   && (!with_version || i->second.fact.version == fact.version)
               ? &i->second
               : nullptr;
  }

  bool remove(const job_fact& fact) const {
    auto* found = find(fact, true);
    if (!found)
      return false;
    found->fact.deleting = true;
    in.touch(found->fact.version);
    return true;
  }

  /// Is the Lease still as its writer saw it?
  bool holds() const {
    return in.lease.exists && in.lease.uid == seen.lease.uid
           && in.lease.version == seen.lease.version;
  }

  /// The Lease to write to, made anew where the writer saw none.
  lease_fact* open_lease() const {
    if (seen.lease.exists ? !holds() : in.lease.exists)
      return nullptr;
    if (!in.lease.exists) {
      in.lease.exists = true;
      in.lease.uid = {in.next("u")};
    }
    in.touch(in.lease.version);
    return &in.lease;
  }

  cron_job_fact* find(const object_key& key, const object_uid& uid) const {
    auto& found = in.cron_jobs_of(key.ns)[parse_cron_job_name(key.name)->kind];
    return found.exists && found.uid == uid ? &found : nullptr;
  }

  bool operator()(const std::monostate&) const {
    throw std::logic_error("performed nothing");
  }

  bool operator()(const acquire_lease& what) const {
    // The job runner's look past the caches.
    for (const auto& [name, one] : in.jobs)
      if (one.fact.state == job_state::running)
        return false;
    for (const auto& one : in.pods)
      if (one.exists && !one.fact.ended)
        return false;
    auto* lease = open_lease();
    if (!lease)
      return false;
    lease->holder = what.job.uid;
    lease->holder_job = what.job.key;
    lease->acquired = in.now;
    lease->deadline = what.deadline;
    lease->secret = what.secret;
    return true;
  }

  bool operator()(const resume_job& what) const {
    auto* found = find(what.job, true);
    if (!found || found->fact.ticketless)
      return false;
    never(found->fact.state != job_state::waiting,
          "resumed what does not wait");
    found->fact.state = job_state::running;
    found->fact.started = in.now;
    found->ticket = found->fact.uid.value;
    in.touch(found->fact.version);
    return true;
  }

  bool operator()(const suspend_job& what) const {
    auto* found = find(what.job, false);
    if (!found)
      return false;
    if (found->fact.state == job_state::running) {
      found->fact.state = job_state::waiting;
      found->fact.held = true;
      found->fact.ticketless = found->ticket != found->fact.uid.value;
    }
    in.touch(found->fact.version);
    return true;
  }

  bool operator()(const drop_job& what) const {
    return remove(what.job);
  }

  bool operator()(const replace_job& what) const {
    const auto& old = what.job;
    auto intent = wanted_cron_job(seen, policy_for(in), old.kind, in.now);
    const auto& where = intent->key.ns;
    auto name = old.key.name + "-"
                + std::to_string(in.digests_of(where)[old.kind].size());
    if (!in.jobs.contains(name)) {
      auto node
          = in.jobs.extract(in.create_job(old.kind, old.slot, false, where));
      node.key() = name;
      node.mapped().fact.key.name = name;
      node.mapped().fact.made_for = old.uid;
      node.mapped().fact.template_digest
          = policy_for(in).digests(*intent).job_template;
      node.mapped().fact.deadline
          = deadline_in(node.mapped().fact.template_digest);
      in.jobs.insert(std::move(node));
    }
    return remove(old);
  }

  bool operator()(const make_job& what) const {
    const auto& wanted = what.wanted;
    const auto& name = wanted.key.name;
    if (in.jobs.contains(name))
      return false;
    auto node = in.jobs.extract(
        in.create_job(wanted.kind, std::nullopt, false, wanted.key.ns));
    node.key() = name;
    auto& fact = node.mapped().fact;
    fact.key.name = name;
    fact.manual = manual_mark{wanted.owner, wanted.manual_tag};
    fact.template_digest = policy_for(in).digests(wanted).job_template;
    in.jobs.insert(std::move(node));
    return true;
  }

  bool operator()(const release_lease& what) const {
    auto* lease = open_lease();
    if (!lease)
      return false;
    lease->holder = {};
    lease->holder_job = {};
    lease->acquired.reset();
    lease->deadline.reset();
    lease->secret.clear();
    lease->known = what.known;
    return true;
  }

  bool operator()(const write_ledger& what) const {
    if (!holds())
      return false;
    in.lease.known = what.known;
    in.touch(in.lease.version);
    return true;
  }

  bool operator()(const settle_reset& what) const {
    for (auto& c : in.claimants)
      if (c.wish.who == what.who)
        c.wish.resets_failures = false;
    return true;
  }

  bool operator()(const delete_lease&) const {
    if (!holds())
      return false;
    never(static_cast<bool>(in.lease.holder), "deleted a Lease that is held");
    in.lease = {};
    return true;
  }

  bool operator()(const write_copy& what) const {
    auto i = std::ranges::find(in.copies, what.source, &copy_fact::source);
    if (i == in.copies.end()) {
      in.copies.push_back(
          {{policy_for(in).operator_namespace, in.next("copy-")},
           {in.next("u")},
           {},
           what.source,
           {},
           {},
           {}});
      i = in.copies.end() - 1;
    } else if (what.existing.uid && what.existing.uid != i->uid) {
      return false;
    }
    i->source_uid = what.source_uid;
    i->source_version = what.source_version;
    i->resync = what.resync;
    in.touch(i->version);
    return true;
  }

  bool operator()(const delete_copy& what) const {
    return std::erase_if(
               in.copies,
               [&](const copy_fact& c) { return c.uid == what.copy.uid; })
           > 0;
  }

  bool operator()(const apply_cron_job& what) const {
    const auto& wanted = what.wanted;
    auto& cron_job = in.cron_jobs_of(wanted.key.ns)[wanted.kind];
    if (what.uid && (!cron_job.exists || cron_job.uid != what.uid))
      return false;
    if (!cron_job.exists) {
      cron_job.exists = cron_job.ours = true;
      cron_job.key = wanted.key;
      cron_job.uid = {in.next("u")};
      cron_job.created = in.now;
    }
    cron_job.schedule = wanted.schedule;
    cron_job.time_zone = wanted.settings.time_zone;
    cron_job.suspend = wanted.settings.suspend;
    cron_job.holds_jobs = wanted.holds_jobs;
    cron_job.effective_since = wanted.effective_since;
    cron_job.winner = wanted.winner;
    cron_job.conflict = wanted.conflict;
    cron_job.digest = what.digests.whole;
    in.digests_of(wanted.key.ns)[wanted.kind] = what.digests.job_template;
    in.touch(cron_job.version);
    return true;
  }

  bool operator()(const set_last_schedule& what) const {
    auto* found = find(what.key, what.uid);
    if (!found)
      return false;
    found->last_schedule = what.slot;
    in.touch(found->version);
    return true;
  }

  bool operator()(const delete_cron_job& what) const {
    if (!find(what.key, what.uid))
      return false;
    in.delete_cron_job_of(parse_cron_job_name(what.key.name)->kind,
                          what.key.ns);
    return true;
  }

  bool operator()(const write_status& what) const {
    for (auto& c : in.claimants)
      if (c.wish.who == what.who && c.wish.uid == what.uid) {
        c.status = what.status;
        c.since = what.since;
        return true;
      }
    return false;
  }

  bool operator()(const apply_cache_claim&) const {
    throw std::logic_error("nobody asks for a cache here");
  }

  bool operator()(const delete_cache_claim&) const {
    throw std::logic_error("nobody has a cache here");
  }

  bool operator()(const remove_finalizer& what) const {
    for (auto& c : in.claimants)
      if (c.wish.who == what.who)
        c.wish.old_finalizer.reset();
    return true;
  }

  // Of the fork's there is nothing here.
  bool operator()(const suspend_predecessor&) const {
    return false;
  }
  bool operator()(const adopt_predecessor&) const {
    return false;
  }
  bool operator()(const remove_predecessor&) const {
    return false;
  }
};

} // namespace

bool perform(little_cluster& cluster, const repository_action& action,
             const repository_facts& seen) {
  ++cluster.writes;
  return std::visit(write{cluster, seen}, action);
}

} // namespace holystone::scheduler
