#include "scheduler/repository.hpp"

#include "scheduler/cron.hpp"
#include "scheduler/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace holystone::scheduler {

namespace {

/// A schedule that the API server and we agree on, with its zone.
struct timetable {
  std::string text;
  cron_schedule schedule;
  time_zone zone;
};

std::optional<timetable> timetable_of(const maintenance_settings& settings,
                                      const repository_id& id) {
  auto text = resolve_hashed(settings.schedule, id.hex);
  if (!text)
    return std::nullopt;
  auto schedule = parse_cron(*text);
  auto zone = find_zone(settings.time_zone);
  if (!schedule || !zone)
    return std::nullopt;
  return timetable{*text, *schedule, *zone};
}

/// `namespace/name@version`, as the ledger remembers a refused Secret.
std::string secret_name(const claim& wish) {
  return fmt::format("{}@{}", to_string(wish.secret), wish.secret_version);
}

bool is_refused(const repository_facts& facts, const claim& wish) {
  const auto& refused = facts.lease.known.refused_secret;
  return !refused.empty() && refused == secret_name(wish);
}

const copy_fact* find_copy(const repository_facts& facts,
                           const copy_source& source) {
  auto i = std::ranges::find(facts.copies, source, &copy_fact::source);
  return i == facts.copies.end() ? nullptr : &*i;
}

copy_source repository_secret(const claim& wish) {
  return {copy_source::kind::secret, wish.secret, {}};
}

std::optional<copy_source> ca_source(const claim& wish) {
  if (!wish.ca)
    return std::nullopt;
  const auto& ca = *wish.ca;
  if (!ca.secret_name.empty())
    return copy_source{copy_source::kind::ca_secret,
                       {wish.secret.ns, ca.secret_name},
                       ca.key};
  return copy_source{copy_source::kind::ca_config_map,
                     {wish.secret.ns, ca.config_map_name},
                     ca.key};
}

std::optional<claim_key> incumbent_of(const repository_facts& facts) {
  return facts.cron_job.winner ? facts.cron_job.winner : facts.lease.winner;
}

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
                            const manifest_digests& digests) {
  const auto* winner = winner_of(facts);
  admission_view view{facts.jobs, facts.pods, facts.lease,
                      facts.location_id.hex,
                      digests.job_template,
                      facts.cron_job.effective_since,
                      seconds{0},
                      facts.never_resumed,
                      facts.granted,
                      winner ? secret_name(winner->wish) : std::string{},
                      policy.limits,
                      lag_of(facts.id, policy.jitter)};
  if (wanted)
    view.interval = std::chrono::days{wanted->settings.interval_days};
  // Nobody can win just now, but somebody claims: what waits goes on waiting.
  else if (!facts.claimants.empty())
    view.template_digest = "unknown";
  return view;
}

/// The wish for a new copy of all claims that share a Secret; taken together,
/// because otherwise two wishes would undo each other for ever.
std::string resync_of(const repository_facts& facts,
                      const copy_source& source) {
  std::set<std::string> wishes;
  for (const auto& c : facts.claimants)
    if (!c.wish.resync.empty() && repository_secret(c.wish) == source)
      wishes.insert(c.wish.resync);
  return fmt::format("{}", fmt::join(wishes, ","));
}

/// The copies that claims ask for, each with its claim.
std::vector<write_copy> missing_copies(const repository_facts& facts) {
  std::vector<write_copy> missing;
  for (const auto& c : facts.claimants) {
    const auto& wish = c.wish;
    if (wish.secret_version.empty())
      continue;
    auto source = repository_secret(wish);
    auto resync = resync_of(facts, source);
    const auto* copy = find_copy(facts, source);
    if (!copy || copy->source_uid != wish.secret_uid
        || copy->source_version != wish.secret_version
        || (!resync.empty() && copy->resync != resync))
      missing.push_back({source, wish.secret_uid, wish.secret_version, resync,
                         copy ? *copy : copy_fact{}});
    if (auto ca = ca_source(wish); ca && !find_copy(facts, *ca))
      missing.push_back({*ca, {}, {}, wish.resync, {}});
  }
  return missing;
}

bool is_claimed(const repository_facts& facts, const copy_fact& copy) {
  return std::ranges::any_of(facts.claimants, [&](const claimant& c) {
    return repository_secret(c.wish) == copy.source
           || ca_source(c.wish) == copy.source;
  });
}

/// Does an edit from what is to what is wanted need A-12's precaution?
std::optional<instant> slot_to_skip(const cron_job_fact& found,
                                    const cron_job_intent& wanted,
                                    const timetable& table, instant now) {
  if (found.schedule == wanted.schedule
      && found.time_zone == wanted.settings.time_zone
      && found.suspend == wanted.settings.suspend
      && found.winner == wanted.winner)
    return std::nullopt;
  auto since = found.last_schedule.value_or(found.created);
  return newest_slot(table.schedule, table.zone, since, now);
}

std::vector<event_note> events_for(const claimant& who,
                                   const claim_status& status) {
  if (who.status && who.status->reason == status.reason
      && who.status->message == status.message)
    return {};
  const auto& wish = who.wish;
  if (status.reason == "Conflict")
    return {{wish.who, wish.uid, true, "ScheduleConflict", status.message}};
  if (!status.ready)
    return {{wish.who, wish.uid, true,
             status.reason == "Error" ? "MaintenanceError"
                                      : "MaintenanceWaiting",
             status.message}};
  if (wish.deprecated_fields
      && (!who.status
          || who.status->observed_generation != wish.generation))
    return {{wish.who, wish.uid, true, "DeprecatedField",
             "spec.kopia.maintenanceIntervalDays is deprecated; use "
             "spec.kopia.maintenanceCronJob.schedule instead"}};
  return {};
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
  auto step = offer({});
  step.finished = true;
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
      return "job/" + a.job.key.name;
    }
    std::string operator()(const suspend_job& a) const {
      return "job/" + a.job.key.name;
    }
    std::string operator()(const drop_job& a) const {
      return "job/" + a.job.key.name;
    }
    std::string operator()(const replace_job& a) const {
      return "job/" + a.job.key.name;
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

const claimant* winner_of(const repository_facts& facts) {
  std::vector<claim> able;
  for (const auto& c : facts.claimants)
    if (!c.wish.defect && !is_refused(facts, c.wish))
      able.push_back(c.wish);
  auto incumbent = incumbent_of(facts);
  auto find = [&](const claim_key& who) -> const claimant* {
    auto i = std::ranges::find(facts.claimants, who,
                               [](const claimant& c) { return c.wish.who; });
    return i == facts.claimants.end() ? nullptr : &*i;
  };
  if (const auto* best = elect(able, incumbent))
    return find(best->who);
  // Nobody is fit: the incumbent keeps its place, so that a Secret that is
  // missing for a while does not end maintenance; its copy still works.
  const auto* kept = incumbent ? find(*incumbent) : nullptr;
  if (kept && (!kept->wish.defect || kept->wish.defect->reason == "Waiting"))
    return kept;
  // All are refused: the next tries again, and its status says what fails.
  std::vector<claim> all;
  for (const auto& c : facts.claimants)
    all.push_back(c.wish);
  const auto* best = elect(all, incumbent);
  return best ? find(best->who) : nullptr;
}

std::optional<cron_job_intent> wanted_cron_job(const repository_facts& facts,
                                               const repository_policy& policy,
                                               instant now) {
  const auto* winner = winner_of(facts);
  if (!winner)
    return std::nullopt;
  const auto& wish = winner->wish;
  auto table = timetable_of(wish.settings, facts.id);
  const auto* credentials = find_copy(facts, repository_secret(wish));
  if (!table || !credentials)
    return std::nullopt;
  std::vector<claim> claims;
  for (const auto& c : facts.claimants)
    claims.push_back(c.wish);
  cron_job_intent wanted{
    {policy.operator_namespace, "kopia-maintenance-" + facts.id.hex},
    facts.id, facts.location_id, facts.location, wish.settings, table->text,
    wish.who, source_namespaces(claims), {}, credentials->key.name, {},
    conflict_text(claims, wish), now};
  for (const auto& c : claims)
    if (!c.identity.empty())
      wanted.known_identities.push_back(c.identity);
  std::ranges::sort(wanted.known_identities);
  auto twice = std::ranges::unique(wanted.known_identities);
  wanted.known_identities.erase(twice.begin(), twice.end());
  if (auto ca = ca_source(wish)) {
    const auto* copy = find_copy(facts, *ca);
    if (!copy)
      return std::nullopt;
    wanted.ca = copy->key.name;
  }
  const auto& found = facts.cron_job;
  if (found.exists && found.effective_since && found.schedule == wanted.schedule
      && found.time_zone == wish.settings.time_zone
      && found.suspend == wish.settings.suspend && found.winner == wish.who)
    wanted.effective_since = *found.effective_since;
  return wanted;
}

claim_status wanted_status(const repository_facts& facts, const claimant& who,
                           instant now) {
  const auto& wish = who.wish;
  claim_status status;
  status.last_maintenance = facts.lease.known.success_ended;
  status.failures = facts.lease.known.failures;
  status.observed_generation = wish.generation;
  if (facts.cron_job.exists && facts.cron_job.ours)
    status.cron_job = "kopia-maintenance-" + facts.id.hex;
  const auto* winner = winner_of(facts);
  if (winner && !winner->wish.settings.suspend)
    if (auto table = timetable_of(winner->wish.settings, facts.id)) {
      auto after = now;
      if (status.last_maintenance)
        after = std::max(
          after, *status.last_maintenance
                   + std::chrono::days{winner->wish.settings.interval_days});
      status.next_maintenance = next_run(table->schedule, table->zone, after);
    }
  if (wish.defect) {
    status.reason = wish.defect->reason;
    status.message = wish.defect->message;
    return status;
  }
  if (facts.cron_job.exists && !facts.cron_job.ours) {
    status.reason = "Error";
    status.message = fmt::format(
      "CronJob kopia-maintenance-{} exists but is not holystone's; rename or "
      "delete it",
      facts.id.hex);
    return status;
  }
  if (!winner || !facts.cron_job.exists) {
    status.reason = "Waiting";
    status.message = "the repository's CronJob is not there yet";
    return status;
  }
  status.ready = true;
  const auto& wins = winner->wish;
  auto trail = status.failures > 0
                 ? fmt::format("; runs failed since the last success: {} ({}: {})",
                               status.failures,
                               to_string(facts.lease.known.failure),
                               facts.lease.known.failure_message)
                 : std::string{};
  if (wins.settings.suspend) {
    status.reason = "Suspended";
    status.message = fmt::format("maintenance is suspended by {}{}",
                                 to_string(wins.who), trail);
  } else if (wins.who != wish.who
             && (wins.settings.schedule != wish.settings.schedule
                 || wins.settings.time_zone != wish.settings.time_zone)) {
    status.reason = "Conflict";
    status.message = fmt::format(
      "schedule '{}' is not used (first-wins): {} maintains this repository "
      "with '{}' in zone {}{}",
      wish.settings.schedule, to_string(wins.who), wins.settings.schedule,
      wins.settings.time_zone, trail);
  } else {
    status.reason = "Scheduled";
    status.message = fmt::format(
      "CronJob {} maintains this repository with the schedule '{}' of {}{}",
      status.cron_job, wins.settings.schedule, to_string(wins.who), trail);
  }
  return status;
}

repository_step next_step(const repository_facts& facts,
                          const repository_policy& policy,
                          const is_blocked& blocked, instant now) {
  auto wanted = wanted_cron_job(facts, policy, now);
  auto digests = wanted ? policy.digests(*wanted) : manifest_digests{};
  auto admission = admit(admission_of(facts, policy, wanted, digests), now);

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
    if (take(*suspend))
      return step;
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
    if (who.status == status)
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
    if (auto next = wanted_status(facts, facts.claimants.front(), now)
                      .next_maintenance)
      step.wake = step.wake ? std::min(*step.wake, *next + seconds{1})
                            : *next + seconds{1};
  return step;
}

} // namespace holystone::scheduler
