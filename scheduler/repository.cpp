#include "scheduler/repository.hpp"

#include <algorithm>
#include <charconv>

namespace holystone::scheduler {

namespace {

bool has_unfinished_job(const repository_facts& facts) {
  return std::ranges::any_of(facts.jobs, [](const job_fact& job) {
    return job.state == job_state::waiting || job.state == job_state::running;
  });
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

/// A repository's own share of the jitter: the same at every slot.
seconds lag_of(const repository_id& id, seconds jitter) {
  std::uint64_t hash = 0;
  std::from_chars(id.hex.data(), id.hex.data() + id.hex.size(), hash, 16);
  auto choices = static_cast<std::uint64_t>(jitter.count()) + 1;
  return seconds{static_cast<seconds::rep>(hash % choices)};
}

admission_view admission_of(const repository_facts& facts,
                            const repository_policy& policy,
                            const std::optional<cron_job_intent>& wanted,
                            const manifest_digests& digests,
                            const is_blocked& blocked) {
  const auto* winner = winner_of(facts);
  admission_view view{facts.jobs,
                      facts.pods,
                      facts.lease,
                      facts.location_id.hex,
                      digests.job_template,
                      facts.cron_job.effective_since,
                      seconds{0},
                      facts.never_resumed,
                      facts.granted,
                      winner ? secret_in_use(facts, winner->wish)
                             : std::string{},
                      policy.limits,
                      lag_of(facts.id, policy.jitter),
                      blocked};
  if (wanted)
    view.interval = std::chrono::days{wanted->settings.interval_days};
  // Nobody can win just now, but somebody claims: what waits goes on waiting.
  else if (!facts.claimants.empty())
    view.template_digest = "unknown";
  return view;
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
  const auto& cron_job = facts.cron_job;
  if (cron_job.exists && cron_job.ours) {
    if (cron_job.deleting)
      return offer({});
    return offer(delete_cron_job{
        {policy.operator_namespace, "kopia-maintenance-" + facts.id.hex},
        cron_job.uid});
  }
  // Most went with the CronJob; one that we made anew has no owner.
  for (const auto& job : facts.jobs)
    if (job.ours)
      return job.deleting ? offer({}) : offer(drop_job{job, step_reason});
  for (const auto& copy : facts.copies)
    return offer(delete_copy{copy});
  if (facts.lease.exists)
    return offer(delete_lease{facts.lease});
  // Somebody else's CronJob under our name is not forgotten: an apply for the
  // next claim would take it over.
  auto step = offer({});
  step.finished = !cron_job.exists;
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
    std::string operator()(const apply_cron_job&) const {
      return "cronjob";
    }
    std::string operator()(const set_last_schedule&) const {
      return "cronjob";
    }
    std::string operator()(const delete_cron_job&) const {
      return "cronjob";
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
  auto wanted = wanted_cron_job(facts, policy, now);
  auto digests = wanted ? policy.digests(*wanted) : manifest_digests{};
  auto admission
      = admit(admission_of(facts, policy, wanted, digests, blocked), now);

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
  } else if (auto* suspend = std::get_if<suspend_job>(&admission)) {
    if (take(*suspend)) {
      step.events = events_for(facts, *suspend);
      return step;
    }
  } else if (auto* release = std::get_if<release_lease>(&admission)) {
    if (take(*release))
      return step;
  } else if (auto* drop = std::get_if<drop_job>(&admission)) {
    if (take(*drop))
      return step;
  }
  if (facts.claimants.empty()) {
    if (has_unfinished_job(facts) || facts.lease.holder)
      return step;
    return dismantle(facts, policy, blocked);
  }
  for (auto& copy : missing_copies(facts))
    if (take(copy))
      return step;
  const auto& found = facts.cron_job;
  bool in_place = false;
  if (wanted && !(found.exists && !found.ours) && !found.deleting) {
    in_place = found.exists
               && (found.digest == digests.whole
                   || (facts.settled.wanted == digests.whole
                       && facts.settled.found == found.digest));
    if (!in_place) {
      auto table = timetable_of(wanted->settings, facts.id);
      auto slot = found.exists && table
                      ? slot_to_skip(found, *wanted, *table, now)
                      : std::nullopt;
      // Never the edit without its precaution.
      if (slot ? take(set_last_schedule{wanted->key, found.uid, *slot})
               : take(apply_cron_job{*wanted, digests, found.uid}))
        return step;
    }
  }
  // Nothing starts from a template that is not the wanted one.
  if (in_place) {
    if (auto* acquire = std::get_if<acquire_lease>(&admission)) {
      if (take(*acquire))
        return step;
    } else if (auto* resume = std::get_if<resume_job>(&admission)) {
      if (take(*resume))
        return step;
    } else if (auto* replace = std::get_if<replace_job>(&admission)) {
      if (take(*replace))
        return step;
    }
  }
  for (const auto& who : facts.claimants) {
    auto status = wanted_status(facts, who, now);
    if (who.status == status || is_contested(facts, who, status))
      continue;
    auto same = who.status && who.status->ready == status.ready && who.since;
    if (take(write_status{who.wish.who, who.wish.uid, status,
                          same ? *who.since : now})) {
      step.events = events_for(who, status);
      return step;
    }
  }
  // With a history limit of 0 the controller keeps one Job until its result is
  // stored; then it goes.
  if (in_place)
    for (const auto& job : facts.jobs)
      if (is_past_limit(wanted->settings, job) && job.uid != facts.lease.holder
          && take(drop_job{job, "the history limit is 0"}))
        return step;
  if (in_place && !has_unfinished_job(facts) && !facts.lease.holder)
    for (const auto& copy : facts.copies)
      if (!is_claimed(facts, copy) && take(delete_copy{copy}))
        return step;
  if (!facts.claimants.empty())
    if (auto next
        = wanted_status(facts, facts.claimants.front(), now).next_maintenance)
      step.wake = step.wake ? std::min(*step.wake, *next + seconds{1})
                            : *next + seconds{1};
  return step;
}

} // namespace holystone::scheduler
