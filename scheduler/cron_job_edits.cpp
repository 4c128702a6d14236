#include "scheduler/cron_job_edits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

/// The CronJob that an edit or a removal writes.
const object_key& key_of(const repository_action& edit) {
  if (const auto* apply = std::get_if<apply_cron_job>(&edit))
    return apply->wanted.key;
  if (const auto* set = std::get_if<set_last_schedule>(&edit))
    return set->key;
  return std::get<delete_cron_job>(edit).key;
}

/// As people find it: with its namespace where that is not the operator's.
std::string words_for(const object_key& cron_job,
                      const std::string& operator_namespace) {
  return cron_job.ns == operator_namespace ? cron_job.name
                                           : to_string(cron_job);
}

/// What the edit is for; what is refused is what the winner asks for.
std::string purpose_of(const repository_facts& facts,
                       const repository_action& edit) {
  if (std::holds_alternative<delete_cron_job>(edit))
    return "deleted";
  const auto* winner = winner_of(facts);
  return winner ? fmt::format("written as {} asks", to_string(winner->wish.who))
                : "written";
}

} // namespace

wishes wishes_of(const repository_facts& facts, const repository_policy& policy,
                 instant now) {
  wishes all;
  for (auto kind : maintenance_kinds)
    if (auto wanted = wanted_cron_job(facts, policy, kind, now)) {
      all.digests[kind] = policy.digests(*wanted);
      all.cron_jobs[kind] = std::move(wanted);
    }
  return all;
}

bool is_in_place(const repository_facts& facts, const wishes& wanted,
                 maintenance_kind kind) {
  const auto& found = facts.cron_jobs[kind];
  if (!wanted.cron_jobs[kind] || !found.exists || !found.ours || found.deleting)
    return false;
  const auto& whole = wanted.digests[kind].whole;
  const auto& settled = facts.settled[kind];
  return found.digest == whole
         || (settled.wanted == whole && settled.found == found.digest);
}

repository_action edit_of(const repository_facts& facts, const wishes& wanted,
                          maintenance_kind kind, instant now) {
  const auto& intent = wanted.cron_jobs[kind];
  if (intent && is_taken(facts, intent->key))
    return {};
  const auto* old = intent ? adopted(facts, intent->key) : nullptr;
  const auto& found = old ? *old : facts.cron_jobs[kind];
  if ((found.exists && !found.ours && !old) || found.deleting
      || is_in_place(facts, wanted, kind))
    return {};
  if (!intent) {
    // The winner wants this kind no more; its Jobs end first.
    auto is_unwanted = wanted.cron_jobs.full || !is_anything_scheduled(facts);
    auto is_left
        = found.exists && is_unwanted && !facts.lease.holder
          && std::ranges::none_of(facts.jobs, [&](const auto& job) {
               return job.kind == kind && !job.manual && is_unfinished(job);
             });
    if (!is_left)
      return {};
    return removal_of(found);
  }
  auto table = timetable_of(intent->settings, kind, facts.id);
  auto slot = found.exists && table ? slot_to_skip(found, *intent, *table, now)
                                    : std::nullopt;
  // Never the edit without its precaution.
  if (slot)
    return set_last_schedule{intent->key, found.uid, *slot};
  return apply_cron_job{*intent, wanted.digests[kind], found.uid};
}

delete_cron_job removal_of(const cron_job_fact& found) {
  return {found.key, found.uid};
}

repository_action sweep_of(const repository_facts& facts) {
  auto is_used = [&](const std::string& ns) {
    return (facts.lease.holder && facts.lease.holder_job.ns == ns)
           || std::ranges::any_of(facts.jobs, [&](const job_fact& job) {
                return job.key.ns == ns && !job.manual && is_unfinished(job);
              });
  };
  for (auto kind : maintenance_kinds)
    for (const auto& old : facts.elsewhere[kind])
      if (old.ours && !old.deleting && !is_used(old.key.ns))
        return removal_of(old);
  return {};
}

bool is_elsewhere(const repository_facts& facts) {
  return std::ranges::any_of(maintenance_kinds, [&](auto kind) {
    return std::ranges::count(facts.elsewhere[kind], true, &cron_job_fact::ours)
           > 0;
  });
}

write_failure cron_job_trouble(const repository_facts& facts,
                               const wishes& wanted,
                               const std::string& operator_namespace,
                               instant now) {
  if (auto why = predecessor_trouble(facts); !why.message.empty())
    return why;
  for (const auto& edit :
       {edit_of(facts, wanted, maintenance_kind::full, now),
        edit_of(facts, wanted, maintenance_kind::quick, now), sweep_of(facts)})
    if (const auto* fails = trouble_of(facts, edit))
      return {fmt::format("CronJob {} can't be {}: {}",
                          words_for(key_of(edit), operator_namespace),
                          purpose_of(facts, edit), fails->message),
              fails->reason};
  return {};
}

} // namespace holystone::scheduler
