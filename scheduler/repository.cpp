#include "scheduler/repository.hpp"

#include "scheduler/admission_off.hpp"
#include "scheduler/cache_claim_edits.hpp"
#include "scheduler/claim_status.hpp"
#include "scheduler/cron_job_edits.hpp"
#include "scheduler/manual_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace holystone::scheduler {

namespace {

/// Is this a finished Job of which none is to be kept?
bool is_past_limit(const maintenance_settings& settings, const job_fact& job) {
  if (!job.ours || job.manual || job.deleting)
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

admission_view admission_of(const repository_facts& facts,
                            const repository_policy& policy,
                            const wishes& wanted,
                            const std::vector<manual_order>& by_hand,
                            const is_blocked& blocked) {
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
  if (view.shared.busy.empty())
    view.shared.busy = unrest_of(facts);
  if (winner && depends_on_policy(facts, winner->wish))
    view.injected = &winner->wish.seen_volumes;
  if (facts.lease.holder && facts.gone_holder.uid == facts.lease.holder)
    view.holder_pods = facts.gone_holder.pods;
  view.manual = terms_for(facts, by_hand);
  for (auto kind : maintenance_kinds) {
    view.template_digests[kind] = wanted.digests[kind].job_template;
    view.effective_since[kind] = facts.cron_jobs[kind].effective_since;
  }
  if (const auto& full = wanted.cron_jobs.full)
    view.interval = std::chrono::days{full->settings.interval_days};
  // Nobody can win just now, but somebody claims: what waits goes on waiting.
  else if (is_anything_scheduled(facts))
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

template <class Step>
repository_action to_action(const Step& step) {
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
  const auto* fails = trouble_of(facts, to_action(admission));
  return fails ? fails->message : std::string{};
}

/// What is to be removed next of a repository that nobody claims: nothing while
/// that is going already, and no answer when all is gone.
std::optional<repository_action> next_removal(const repository_facts& facts,
                                              const std::string& why) {
  for (auto kind : maintenance_kinds)
    if (const auto& found = facts.cron_jobs[kind]; found.exists && found.ours)
      return found.deleting ? repository_action{} : removal_of(found);
  if (is_elsewhere(facts))
    return sweep_of(facts);
  // Most went with the CronJobs; one whose owner was another did not.
  for (const auto& job : facts.jobs)
    if (job.ours)
      return job.deleting ? repository_action{} : drop_job{job, why};
  // What somebody's finalizer holds is nothing to wait for.
  for (const auto& copy : facts.copies)
    if (!copy.deleting)
      return delete_copy{copy};
  if (facts.lease.exists && !facts.lease.deleting && !facts.lease_is_shared
      && facts.lease.foreign_holder.empty())
    return delete_lease{facts.lease};
  return std::nullopt;
}

/// Removes what is left of a repository that nobody claims.
repository_step dismantle(const repository_facts& facts,
                          const is_blocked& blocked) {
  repository_step step;
  step.reason = "nobody claims the repository; it is being removed";
  auto removal = next_removal(facts, step.reason);
  // Somebody else's CronJob under our name is not forgotten: an apply for the
  // next claim would take it over.
  if (!removal)
    step.finished
        = !facts.cron_jobs.full.exists && !facts.cron_jobs.quick.exists;
  else if (!blocked(subject_of(*removal)))
    step.action = std::move(*removal);
  return step;
}

/// One search for the next step. Each stage takes the one write that it finds
/// due, if it finds one that is not blocked, and says whether it has.
struct search {
  const repository_facts& facts;
  const repository_policy& policy;
  const is_blocked& blocked;
  instant now;
  wishes wanted = wishes_of(facts, policy, now);
  std::vector<manual_order> by_hand = manual_orders(facts, policy, now);
  admission_view view = admission_of(facts, policy, wanted, by_hand, blocked);
  admission_step admission
      = policy.admission ? admit(view, now) : follow(view, now);
  repository_step step{};

  bool take(repository_action action) {
    if (std::holds_alternative<std::monostate>(action)
        || blocked(subject_of(action)))
      return false;
    step.action = std::move(action);
    return true;
  }

  void look_at(std::optional<instant> at) {
    step.wake = earlier(step.wake, at);
  }

  bool is_resting() const {
    return std::ranges::none_of(facts.jobs, is_unfinished)
           && !facts.lease.holder;
  }

  bool lets_go();
  bool makes_safe();
  template <class Steps>
  bool take_first(const Steps& steps) {
    return std::ranges::any_of(steps, [&](const auto& one) {
      if (!take(to_action(one)))
        return false;
      step.events = events_for(facts, wanted, one);
      return true;
    });
  }

  bool copies_secrets();
  bool keeps_caches();
  bool quiets_predecessors();
  bool removes_predecessors();
  bool edits_cron_jobs();
  bool sweeps_elsewhere();
  bool resets_failures();
  bool tends_manual_runs();
  bool starts_job();
  bool tells_claimants();
  bool trims_history();
  bool drops_copies();
  bool drops_caches();

private:
  bool is_settled() const;
  write_failure trouble_with_objects() const;
};

/// A deletion comes before everything else of its object (contract section 7).
bool search::lets_go() {
  return std::ranges::any_of(facts.claimants, [&](const claimant& who) {
    const auto& wish = who.wish;
    return wish.old_finalizer
           && take(remove_finalizer{wish.who, wish.uid, *wish.old_finalizer});
  });
}

/// What admission wants, except for starting something, or else why it waits.
bool search::makes_safe() {
  if (const auto* waits = std::get_if<stand_by>(&admission)) {
    step.reason = waits->reason;
    step.wants_grant = waits->wants_grant;
    step.wake = waits->wake;
  } else if (!job_to_start(admission) && take(to_action(admission))) {
    step.events = events_for(facts, admission);
    return true;
  }
  if (step.reason.empty())
    step.reason = obstacle_of(facts, wanted, admission);
  return false;
}

bool search::copies_secrets() {
  return std::ranges::any_of(missing_copies(facts),
                             [&](auto& copy) { return take(copy); });
}

/// Before the CronJobs whose pods mount them.
bool search::keeps_caches() {
  return std::ranges::any_of(facts.claimants, [&](const claimant& who) {
    return take(edit_of_cache(facts, who));
  });
}

bool search::quiets_predecessors() {
  look_at(next_change(facts, now));
  return take_first(quieting_of(facts, wanted, now));
}

bool search::removes_predecessors() {
  return take_first(removals_of(facts, wanted, policy.limits, now));
}

/// None is made while one of the fork's may still fire.
bool search::edits_cron_jobs() {
  return are_quiet(facts)
         && std::ranges::any_of(maintenance_kinds, [&](auto kind) {
              return take(edit_of(facts, wanted, kind, now));
            });
}

bool search::sweeps_elsewhere() {
  return (is_in_place(facts, wanted, maintenance_kind::full)
          || !is_anything_scheduled(facts))
         && take(sweep_of(facts));
}

/// Counts failures anew for whoever asks for that, durably, and only then takes
/// the wish as granted.
bool search::resets_failures() {
  return std::ranges::any_of(facts.claimants, [&](const claimant& who) {
    const auto& wish = who.wish;
    if (!wish.resets_failures)
      return false;
    const auto& known = facts.lease.known;
    if (known.failures > 0)
      return take(write_ledger{without_failures(known)});
    if (!take(settle_reset{wish.who, wish.uid}))
      return false;
    step.events.push_back({wish.who, wish.uid, false, "FailuresReset",
                           "Failures of the repository's maintenance are "
                           "counted from 0 again."});
    return true;
  });
}

/// Makes and removes the Jobs of manual runs.
bool search::tends_manual_runs() {
  return std::ranges::any_of(
      manual_steps(facts, by_hand, view, now), [&](auto& next) {
        const auto* drop = std::get_if<drop_job>(&next);
        if (drop && drop->job.finished && !is_counted(facts, drop->job, policy))
          return false;
        if (drop && !drop->job.finished)
          step.events = events_for(facts, *drop);
        if (take(next))
          return true;
        step.events.clear();
        return false;
      });
}

/// Nothing starts from a template that is not the wanted one; that of a manual
/// run is no CronJob's.
bool search::starts_job() {
  const auto* job = job_to_start(admission);
  return job && (job->manual || is_in_place(facts, wanted, job->kind))
         && take(to_action(admission));
}

/// Which object of the winner's can't be written, and why.
write_failure search::trouble_with_objects() const {
  auto why = cron_job_trouble(facts, wanted, policy.operator_namespace, now);
  return why.message.empty() ? cache_trouble(facts) : why;
}

/// Writes a status that is out of date, or looks again when one will be.
bool search::tells_claimants() {
  const auto* waits = std::get_if<stand_by>(&admission);
  auto account = account_of(
      facts, {step.reason, waits && waits->is_stuck, trouble_with_objects()},
      now);
  for (const auto& who : facts.claimants) {
    auto status = wanted_status(facts, account, who, now);
    if (who.status == status || is_contested(facts, who, status))
      continue;
    auto same = who.status && who.status->ready == status.ready && who.since;
    if (take(write_status{who.wish.who, who.wish.uid, status,
                          same ? *who.since : now})) {
      step.events = events_for(who, status);
      return true;
    }
  }
  if (account.next_maintenance)
    look_at(*account.next_maintenance + seconds{1});
  look_at(account.look_again);
  return false;
}

/// With a history limit of 0 the controller keeps one Job until its result is
/// stored; then it goes.
bool search::trims_history() {
  return std::ranges::any_of(facts.jobs, [&](const job_fact& job) {
    return is_in_place(facts, wanted, job.kind)
           && is_past_limit(wanted.cron_jobs[job.kind]->settings, job)
           && is_counted(facts, job, policy)
           && take(drop_job{job, "the history limit is 0"});
  });
}

/// Is what runs from now on as it is wanted, and nothing runs from before?
bool search::is_settled() const {
  auto is_known = wanted.cron_jobs.full || !is_anything_scheduled(facts);
  return is_known && is_resting()
         && std::ranges::all_of(maintenance_kinds, [&](auto kind) {
              return !wanted.cron_jobs[kind]
                     || is_in_place(facts, wanted, kind);
            });
}

/// Copies that nobody asks for go when nothing can use them any more.
bool search::drops_copies() {
  return is_settled()
         && std::ranges::any_of(facts.copies, [&](const copy_fact& copy) {
              return !copy.deleting && !is_claimed(facts, copy)
                     && take(delete_copy{copy});
            });
}

/// And so do caches; those who are switched off have no pods to come.
bool search::drops_caches() {
  return is_resting()
         && std::ranges::any_of(facts.claimants, [&](const claimant& who) {
              const auto& defect = who.wish.defect;
              auto is_off = defect && defect->reason == "Disabled";
              return (is_off || is_settled()) && take(removal_of_cache(who));
            });
}

} // namespace

repository_step next_step(const repository_facts& facts,
                          const repository_policy& policy,
                          const is_blocked& blocked, instant now) {
  search found{facts, policy, blocked, now};
  if (found.makes_safe())
    return std::move(found.step);
  if (facts.claimants.empty()) {
    auto is_rest = !found.tends_manual_runs() && !found.quiets_predecessors()
                   && found.is_resting() && !found.removes_predecessors()
                   && facts.predecessors.empty();
    return is_rest ? dismantle(facts, blocked) : std::move(found.step);
  }
  // In the order of what they are worth.
  for (auto stage :
       {&search::lets_go, &search::resets_failures, &search::copies_secrets,
        &search::keeps_caches, &search::quiets_predecessors,
        &search::edits_cron_jobs, &search::sweeps_elsewhere,
        &search::tends_manual_runs, &search::starts_job,
        &search::removes_predecessors, &search::tells_claimants,
        &search::trims_history, &search::drops_copies, &search::drops_caches})
    if ((found.*stage)())
      break;
  return std::move(found.step);
}

} // namespace holystone::scheduler
