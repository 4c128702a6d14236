#include "scheduler/repository.hpp"

#include "scheduler/claim_warnings.hpp"
#include "scheduler/long_wait.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace holystone::scheduler {

namespace {

bool has_unfinished_job(const repository_facts& facts) {
  return std::ranges::any_of(facts.jobs, is_unfinished);
}

/// Is this a finished Job of which none is to be kept?
bool is_past_limit(const maintenance_settings& settings, const job_fact& job) {
  if (!job.ours || job.deleting)
    return false;
  return (job.state == job_state::complete
          && settings.successful_jobs_history_limit == 0)
         || (job.state == job_state::failed
             && settings.failed_jobs_history_limit == 0);
}

/// Is the end of this Job in the ledger? The holder's is not yet.
bool is_counted(const repository_facts& facts, const job_fact& job,
                const repository_policy& policy) {
  if (policy.admission)
    return job.uid != facts.lease.holder;
  const auto& last = facts.lease.known.counted_at;
  return last && job.finished && *job.finished <= *last;
}

/// A repository's own share of the jitter: the same at every slot.
seconds lag_of(const repository_id& id, seconds jitter) {
  std::uint64_t hash = 0;
  std::from_chars(id.hex.data(), id.hex.data() + id.hex.size(), hash, 16);
  auto choices = static_cast<std::uint64_t>(jitter.count()) + 1;
  return seconds{static_cast<seconds::rep>(hash % choices)};
}

/// What a repository should have in the operator namespace.
struct wishes {
  per_kind<std::optional<cron_job_intent>> cron_jobs;
  per_kind<manifest_digests> digests;
};

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

/// Is the CronJob of this kind as it is wanted?
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

/// The next write that brings the CronJob of this kind into its place.
repository_action edit_of(const repository_facts& facts, const wishes& wanted,
                          maintenance_kind kind, instant now) {
  const auto& found = facts.cron_jobs[kind];
  const auto& intent = wanted.cron_jobs[kind];
  if ((found.exists && !found.ours) || found.deleting
      || is_in_place(facts, wanted, kind))
    return {};
  if (!intent) {
    // The winner wants this kind no more; its Jobs end first.
    auto is_left = found.exists && wanted.cron_jobs.full && !facts.lease.holder
                   && std::ranges::none_of(facts.jobs, [&](const auto& job) {
                        return job.kind == kind && is_unfinished(job);
                      });
    if (!is_left)
      return {};
    return delete_cron_job{
        {wanted.cron_jobs.full->key.ns, cron_job_name(facts.id, kind)},
        found.uid};
  }
  auto table = timetable_of(intent->settings, kind, facts.id);
  auto slot = found.exists && table ? slot_to_skip(found, *intent, *table, now)
                                    : std::nullopt;
  // Never the edit without its precaution.
  if (slot)
    return set_last_schedule{intent->key, found.uid, *slot};
  return apply_cron_job{*intent, wanted.digests[kind], found.uid};
}

/// A CronJob in a namespace that the repository has left, or in one that never
/// was its home; none while a Job there is still of use.
repository_action sweep_of(const repository_facts& facts) {
  auto is_used = [&](const std::string& ns) {
    return (facts.lease.holder && facts.lease.holder_job.ns == ns)
           || std::ranges::any_of(facts.jobs, [&](const job_fact& job) {
                return job.key.ns == ns && is_unfinished(job);
              });
  };
  for (auto kind : maintenance_kinds)
    for (const auto& old : facts.elsewhere[kind])
      if (old.ours && !old.deleting && !is_used(old.ns))
        return delete_cron_job{
            {old.ns, cron_job_name(facts.id, kind)}, old.uid, true};
  return {};
}

/// Is a CronJob of ours in another namespace, even if it is going?
bool is_elsewhere(const repository_facts& facts) {
  return std::ranges::any_of(maintenance_kinds, [&](auto kind) {
    return std::ranges::count(facts.elsewhere[kind], true, &cron_job_fact::ours)
           > 0;
  });
}

admission_view admission_of(const repository_facts& facts,
                            const repository_policy& policy,
                            const wishes& wanted, const is_blocked& blocked) {
  const auto* winner = winner_of(facts);
  admission_view view{facts.jobs,
                      facts.pods,
                      facts.lease,
                      facts.location_id.hex,
                      {},
                      {},
                      seconds{0},
                      facts.never_resumed,
                      facts.granted,
                      winner ? secret_in_use(facts, winner->wish)
                             : std::string{},
                      policy.limits,
                      lag_of(facts.id, policy.jitter),
                      blocked,
                      sharing_of(facts.aliases, facts.lease.known)};
  if (winner && depends_on_policy(facts, winner->wish))
    view.injected = &winner->wish.seen_volumes;
  if (facts.lease.holder && facts.gone_holder.uid == facts.lease.holder)
    view.holder_pods = facts.gone_holder.pods;
  for (auto kind : maintenance_kinds) {
    view.template_digests[kind] = wanted.digests[kind].job_template;
    view.effective_since[kind] = facts.cron_jobs[kind].effective_since;
  }
  if (const auto& full = wanted.cron_jobs.full)
    view.interval = std::chrono::days{full->settings.interval_days};
  // Nobody can win just now, but somebody claims: what waits goes on waiting.
  else if (!facts.claimants.empty())
    view.template_digests = {"unknown", "unknown"};
  return view;
}

/// The Job that an admission step lets come closer to its run, if any.
const job_fact* job_to_start(const admission_step& step) {
  if (const auto* acquire = std::get_if<acquire_lease>(&step))
    return &acquire->job;
  if (const auto* resume = std::get_if<resume_job>(&step))
    return &resume->job;
  if (const auto* replace = std::get_if<replace_job>(&step))
    return &replace->job;
  return nullptr;
}

repository_action to_action(const admission_step& step) {
  return std::visit(
      [](const auto& what) -> repository_action {
        if constexpr (std::is_same_v<std::decay_t<decltype(what)>, stand_by>)
          return {};
        else
          return what;
      },
      step);
}

/// Why nothing moves although admission has nothing against it; empty when
/// there is nothing to move.
std::string obstacle_of(const repository_facts& facts, const wishes& wanted,
                        const admission_step& admission) {
  if (!wanted.cron_jobs.full)
    for (const auto& who : facts.claimants)
      if (const auto& defect = who.wish.defect)
        return fmt::format("no claim can be used; {}: {}",
                           to_string(who.wish.who), defect->message);
  auto i = facts.troubles.find(subject_of(to_action(admission)));
  return i == facts.troubles.end() ? std::string{} : i->second;
}

/// Removes what is left of a repository that nobody claims.
repository_step dismantle(const repository_facts& facts,
                          const repository_policy& policy,
                          const is_blocked& blocked) {
  static const std::string step_reason
      = "nobody claims the repository; it is being removed";
  auto offer = [&](repository_action action) {
    repository_step step;
    step.reason = step_reason;
    if (!blocked(subject_of(action)))
      step.action = std::move(action);
    return step;
  };
  for (auto kind : maintenance_kinds)
    if (const auto& cron_job = facts.cron_jobs[kind];
        cron_job.exists && cron_job.ours) {
      if (cron_job.deleting)
        return offer({});
      return offer(delete_cron_job{
          {policy.operator_namespace, cron_job_name(facts.id, kind)},
          cron_job.uid});
    }
  if (is_elsewhere(facts))
    return offer(sweep_of(facts));
  // Most went with the CronJobs; one whose owner was another did not.
  for (const auto& job : facts.jobs)
    if (job.ours)
      return job.deleting ? offer({}) : offer(drop_job{job, step_reason});
  for (const auto& copy : facts.copies)
    return offer(delete_copy{copy});
  if (facts.lease.exists && !facts.lease_is_shared
      && facts.lease.foreign_holder.empty())
    return offer(delete_lease{facts.lease});
  // Somebody else's CronJob under our name is not forgotten: an apply for the
  // next claim would take it over.
  auto step = offer({});
  step.finished = !facts.cron_jobs.full.exists && !facts.cron_jobs.quick.exists;
  return step;
}

} // namespace

std::string subject_of(const repository_action& action) {
  struct visitor {
    std::string operator()(const std::monostate&) const {
      return {};
    }
    std::string operator()(const acquire_lease&) const {
      return "lease";
    }
    std::string operator()(const release_lease&) const {
      return "lease";
    }
    std::string operator()(const delete_lease&) const {
      return "lease";
    }
    std::string operator()(const resume_job& a) const {
      return scheduler::subject_of(a.job);
    }
    std::string operator()(const suspend_job& a) const {
      return scheduler::subject_of(a.job);
    }
    std::string operator()(const drop_job& a) const {
      return scheduler::subject_of(a.job);
    }
    std::string operator()(const replace_job& a) const {
      return scheduler::subject_of(a.job);
    }
    std::string operator()(const write_copy& a) const {
      return "copy/" + to_string(a.source.key);
    }
    std::string operator()(const delete_copy& a) const {
      return "copy/" + to_string(a.copy.source.key);
    }
    std::string operator()(const apply_cron_job& a) const {
      return "cronjob/" + a.wanted.key.name;
    }
    std::string operator()(const set_last_schedule& a) const {
      return "cronjob/" + a.key.name;
    }
    std::string operator()(const delete_cron_job& a) const {
      return "cronjob/" + (a.is_elsewhere ? to_string(a.key) : a.key.name);
    }
    std::string operator()(const write_status& a) const {
      return "status/" + to_string(a.who);
    }
  };
  return std::visit(visitor{}, action);
}

repository_step next_step(const repository_facts& facts,
                          const repository_policy& policy,
                          const is_blocked& blocked, instant now) {
  auto wanted = wishes_of(facts, policy, now);
  auto view = admission_of(facts, policy, wanted, blocked);
  auto admission = policy.admission ? admit(view, now) : follow(view, now);
  repository_step step;
  auto take = [&](repository_action action) {
    if (blocked(subject_of(action)))
      return false;
    step.action = std::move(action);
    return true;
  };
  // What makes the repository safer goes before everything else.
  if (auto* waits = std::get_if<stand_by>(&admission)) {
    step.reason = waits->reason;
    step.wants_grant = waits->wants_grant;
    step.wake = waits->wake;
  } else if (!job_to_start(admission) && take(to_action(admission))) {
    step.events = std::visit(
        [&](const auto& what) -> std::vector<event_note> {
          if constexpr (requires { events_for(facts, what); })
            return events_for(facts, what);
          else
            return {};
        },
        admission);
    return step;
  }
  if (step.reason.empty())
    step.reason = obstacle_of(facts, wanted, admission);
  if (facts.claimants.empty()) {
    if (has_unfinished_job(facts) || facts.lease.holder)
      return step;
    return dismantle(facts, policy, blocked);
  }
  for (auto& copy : missing_copies(facts))
    if (take(copy))
      return step;
  for (auto kind : maintenance_kinds) {
    auto edit = edit_of(facts, wanted, kind, now);
    if (!std::holds_alternative<std::monostate>(edit) && take(std::move(edit)))
      return step;
  }
  if (auto sweep = sweep_of(facts);
      is_in_place(facts, wanted, maintenance_kind::full)
      && !std::holds_alternative<std::monostate>(sweep)
      && take(std::move(sweep)))
    return step;
  // Nothing starts from a template that is not the wanted one.
  if (const auto* job = job_to_start(admission);
      job && is_in_place(facts, wanted, job->kind)
      && take(to_action(admission)))
    return step;
  const auto* waits = std::get_if<stand_by>(&admission);
  auto account = account_of(
      facts, {step.reason, false, {}, waits && waits->is_stuck}, now);
  for (const auto& who : facts.claimants) {
    auto status = wanted_status(facts, account, who, now);
    if (who.status == status || is_contested(facts, who, status))
      continue;
    auto same = who.status && who.status->ready == status.ready && who.since;
    if (take(write_status{who.wish.who, who.wish.uid, status,
                          same ? *who.since : now})) {
      step.events = events_for(who, status);
      for (auto& note : warning_events(who, status))
        step.events.push_back(std::move(note));
      return step;
    }
  }
  // With a history limit of 0 the controller keeps one Job until its result is
  // stored; then it goes.
  for (const auto& job : facts.jobs)
    if (is_in_place(facts, wanted, job.kind)
        && is_past_limit(wanted.cron_jobs[job.kind]->settings, job)
        && is_counted(facts, job, policy)
        && take(drop_job{job, "the history limit is 0"}))
      return step;
  auto is_settled = std::ranges::all_of(maintenance_kinds, [&](auto kind) {
    return !wanted.cron_jobs[kind] || is_in_place(facts, wanted, kind);
  });
  if (wanted.cron_jobs.full && is_settled && !has_unfinished_job(facts)
      && !facts.lease.holder)
    for (const auto& copy : facts.copies)
      if (!is_claimed(facts, copy) && take(delete_copy{copy}))
        return step;
  auto look_at = [&](instant at) {
    step.wake = std::min(step.wake.value_or(at), at);
  };
  if (account.next_maintenance)
    look_at(*account.next_maintenance + seconds{1});
  if (account.look_again)
    look_at(*account.look_again);
  return step;
}

} // namespace holystone::scheduler
