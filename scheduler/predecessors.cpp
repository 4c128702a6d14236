#include "scheduler/predecessors.hpp"

#include "scheduler/cron_job_edits.hpp"
#include "scheduler/run_end.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace holystone::scheduler {

namespace {

/// A pod that has not started by then is not waited for: the fork's Jobs have
/// no deadline, or a Secret that they name is gone.
constexpr seconds longest_start{600};

/// How long the CronJob controller may act on what it saw before we suspended
/// a CronJob, and before that is told to us.
constexpr seconds aftermath{60};

// The fork cut its copies' names to the length of a label.
constexpr std::size_t hash_and_dash = 17;

bool is_cron_job(const predecessor& old) {
  return old.what == predecessor::kind::cron_job && !old.object.deleting;
}

/// Is it left to the fork, which leads?
bool is_kept(const repository_facts& facts, const predecessor& old) {
  return facts.fork_leads && old.of_maintenance;
}

bool is_quiet(const predecessor& old) {
  return !is_cron_job(old) || old.object.suspend;
}

bool is_wanted(const wishes& wanted, const object_key& key) {
  return std::ranges::any_of(maintenance_kinds, [&](auto kind) {
    return wanted.cron_jobs[kind] && wanted.cron_jobs[kind]->key == key;
  });
}

/// Will a claim that waits want what this one does, as soon as it can?
bool is_awaited(const repository_facts& facts, const predecessor& old) {
  return std::ranges::any_of(facts.claimants, [&](const claimant& who) {
    const auto& defect = who.wish.defect;
    return defect && defect->reason != "Disabled"
           && is_secret_of(old.secret, who.wish.secret);
  });
}

/// Is there ours to put into its place, or is none wanted? A repository whose
/// claims can't be served is left as it is. In the lobby lies what belongs to
/// no repository that is known.
bool may_go(const repository_facts& facts, const wishes& wanted) {
  return wanted.cron_jobs.full || facts.id.hex.empty()
         || std::ranges::none_of(facts.claimants, [](const claimant& who) {
              return is_scheduled(who.wish);
            });
}

bool may_go(const repository_facts& facts, const wishes& wanted,
            const predecessor& old) {
  return may_go(facts, wanted) && !is_kept(facts, old)
         && (!facts.id.hex.empty() || !is_awaited(facts, old));
}

/// From when on a Job is not waited for any more, because none of its pods has
/// started; none: one has, or nobody knows.
std::optional<instant> stuck_at(const repository_facts& facts,
                                const job_fact& job) {
  std::optional<instant> latest;
  if (!job.of_fork || job.deleting || job.state != job_state::running)
    return latest;
  for (const auto& pod : facts.pods) {
    if (pod.job != job.uid || pod.ended)
      continue;
    if (!pod.pending_since || pod.vanished)
      return std::nullopt;
    latest
        = std::max(latest, std::optional{*pod.pending_since + longest_start});
  }
  return latest;
}

/// When what the controller did before a CronJob was suspended is known.
instant known_at(const predecessor& old) {
  return old.touched.value_or(instant{}) + aftermath;
}

bool is_left(const job_fact& job) {
  return job.of_fork && !job.deleting && !is_unfinished(job);
}

/// Does anything of the fork's run?
bool is_busy(const repository_facts& facts, const run_limits& limits,
             instant now) {
  return std::ranges::any_of(facts.jobs,
                             [](const job_fact& job) {
                               return job.of_fork && is_unfinished(job);
                             })
         || std::ranges::any_of(facts.pods, [&](const pod_fact& pod) {
              return pod.of_fork && is_live(pod, limits, now);
            });
}

/// Can it be deleted, as far as its own Jobs and Secret go?
bool is_done_with(const repository_facts& facts, const predecessor& old,
                  instant now) {
  if (old.what == predecessor::kind::cron_job)
    return old.object.suspend && !old.active && now >= known_at(old);
  return std::ranges::none_of(facts.predecessors, [&](const predecessor& user) {
    return user.what == predecessor::kind::cron_job
           && user.secret == old.object.key;
  });
}

} // namespace

bool is_secret_of(const object_key& secret, const object_key& original) {
  if (secret == original)
    return true;
  auto copy = fmt::format("maintenance-{}-{}", original.ns, original.name);
  if (copy.size() <= longest_label)
    return secret.name == copy;
  auto kept = longest_label - hash_and_dash;
  return secret.name.size() == longest_label
         && secret.name.substr(0, kept) == copy.substr(0, kept);
}

std::vector<predecessor_step> quieting_of(const repository_facts& facts,
                                          const wishes& wanted, instant now) {
  std::vector<predecessor_step> all;
  for (const auto& old : facts.predecessors) {
    if (!is_cron_job(old) || !may_go(facts, wanted, old))
      continue;
    const auto& found = old.object;
    if (is_wanted(wanted, found.key)) {
      if (!old.is_adopted)
        all.emplace_back(adopt_predecessor{found.key, found.uid});
    } else if (!found.suspend) {
      all.emplace_back(suspend_predecessor{found.key, found.uid});
    }
  }
  if (!may_go(facts, wanted) || facts.fork_leads)
    return all;
  for (const auto& job : facts.jobs) {
    auto stuck = stuck_at(facts, job);
    if (job.of_fork && !job.deleting && job.state == job_state::waiting)
      all.emplace_back(drop_job{job, "the VolSync fork's Job is suspended"});
    else if (stuck && now >= *stuck)
      all.emplace_back(drop_job{job, "no pod of the VolSync fork's Job has "
                                     "started"});
  }
  return all;
}

bool are_quiet(const repository_facts& facts) {
  return std::ranges::all_of(facts.predecessors, is_quiet);
}

std::vector<predecessor_step> removals_of(const repository_facts& facts,
                                          const wishes& wanted,
                                          const run_limits& limits,
                                          instant now) {
  std::vector<predecessor_step> all;
  if (!may_go(facts, wanted)
      || (wanted.cron_jobs.full
          && !is_in_place(facts, wanted, maintenance_kind::full))
      || is_busy(facts, limits, now))
    return all;
  // They tell which slots are used, until ours has dropped its Job of those.
  for (const auto& job : facts.jobs)
    if (is_left(job) && !facts.fork_leads
        && now >= job.finished.value_or(now) + aftermath)
      all.emplace_back(drop_job{job, "the VolSync fork's Job has ended"});
  for (const auto& old : facts.predecessors)
    if (!old.object.deleting && may_go(facts, wanted, old)
        && !is_wanted(wanted, old.object.key) && is_done_with(facts, old, now))
      all.emplace_back(
          remove_predecessor{old.what, old.object.key, old.object.uid});
  return all;
}

std::optional<instant> next_change(const repository_facts& facts, instant now) {
  std::optional<instant> next;
  auto look_at = [&](std::optional<instant> at) {
    if (at && *at > now)
      next = earlier(next, at);
  };
  for (const auto& old : facts.predecessors)
    look_at(known_at(old));
  for (const auto& job : facts.jobs) {
    look_at(stuck_at(facts, job));
    if (is_left(job) && job.finished)
      look_at(*job.finished + aftermath);
  }
  return next;
}

std::string unrest_of(const repository_facts& facts) {
  for (const auto& old : facts.predecessors) {
    if (!is_quiet(old))
      return fmt::format("CronJob {} of the VolSync fork is not suspended",
                         to_string(old.object.key));
    if (old.active)
      return fmt::format("a Job of CronJob {} of the VolSync fork runs",
                         to_string(old.object.key));
  }
  return {};
}

const cron_job_fact* adopted(const repository_facts& facts,
                             const object_key& key) {
  for (const auto& old : facts.predecessors)
    if (is_cron_job(old) && old.is_adopted && old.object.key == key)
      return &old.object;
  return nullptr;
}

bool is_taken(const repository_facts& facts, const object_key& key) {
  return std::ranges::any_of(facts.predecessors, [&](const predecessor& old) {
    return old.what == predecessor::kind::cron_job && old.object.key == key
           && (old.object.deleting || !old.is_adopted);
  });
}

std::optional<instant> newest_slot_of(const repository_facts& facts) {
  std::optional<instant> newest;
  for (const auto& old : facts.predecessors)
    newest = std::max(newest, old.object.last_schedule);
  return newest;
}

write_failure predecessor_trouble(const repository_facts& facts) {
  for (const auto& old : facts.predecessors) {
    if (!is_cron_job(old))
      continue;
    const auto& key = old.object.key;
    if (is_kept(facts, old))
      return {fmt::format("the repository is left to CronJob {} of the VolSync "
                          "fork, which leads",
                          to_string(key))};
    if (const auto* fails
        = trouble_of(facts, suspend_predecessor{key, old.object.uid}))
      return {fmt::format("CronJob {} of the VolSync fork can't be replaced: "
                          "{}",
                          to_string(key), fails->message),
              fails->reason};
  }
  return {};
}

std::vector<event_note> events_for(const repository_facts& facts,
                                   const wishes& wanted,
                                   const predecessor_step& step) {
  const auto* winner = winner_of(facts);
  const auto& ours = wanted.cron_jobs.full;
  if (!winner || !ours)
    return {};
  std::string message;
  if (const auto* adopt = std::get_if<adopt_predecessor>(&step))
    message = fmt::format("CronJob {} of the VolSync fork is taken over.",
                          to_string(adopt->key));
  else if (const auto* gone = std::get_if<remove_predecessor>(&step);
           gone && gone->what == predecessor::kind::cron_job)
    message = fmt::format("CronJob {} of the VolSync fork was deleted; CronJob "
                          "{} has taken its place.",
                          to_string(gone->key), to_string(ours->key));
  else
    return {};
  return {{winner->wish.who, winner->wish.uid, false, "Migrated",
           std::move(message)}};
}

} // namespace holystone::scheduler
