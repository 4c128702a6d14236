#include "scheduler/claim_status.hpp"

#include "scheduler/claim_warnings.hpp"
#include "scheduler/home.hpp"
#include "scheduler/long_wait.hpp"
#include "scheduler/manual_run.hpp"
#include "scheduler/short_text.hpp"
#include "scheduler/standalone_status.hpp"
#include "scheduler/timeline.hpp"
#include "scheduler/wanted_cron_job.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

/// A condition's message may have 32 KiB, and a schedule may be longer.
std::string brief(std::string text) {
  constexpr std::size_t most = 4096;
  return text.size() <= most ? text : shorten(text, most) + " ...";
}

/// The CronJob as people find it: with its namespace where that is not the
/// operator's.
std::string cron_job_words(const repository_facts& facts,
                           maintenance_kind kind) {
  auto key = cron_job_key(facts, kind, {});
  return key.ns.empty() ? key.name : to_string(key);
}

/// A CronJob under one of our names that keeps us from making ours. One under
/// the quick name disturbs nobody while no quick runs are wanted.
std::string foreign_cron_job(const repository_facts& facts,
                             const claimant* winner) {
  for (auto kind : maintenance_kinds) {
    const auto& found = facts.cron_jobs[kind];
    auto is_wanted
        = kind == maintenance_kind::full
          || (winner && !schedule_of(winner->wish.settings, kind).empty());
    if (found.exists && !found.ours && is_wanted)
      return cron_job_words(facts, kind);
  }
  return {};
}

/// The schedules as people say them.
std::string words_for(const maintenance_settings& settings) {
  auto quick = settings.quick_schedule.empty()
                   ? std::string{}
                   : fmt::format(", quick runs '{}'", settings.quick_schedule);
  return fmt::format("'{}' ({}){}", settings.schedule, settings.time_zone,
                     quick);
}

/// Of a claim whose Secret was refused: contract section 2.
std::string refusal_of(const claim& wish, const claim& wins) {
  auto text
      = fmt::format("Secret {} does not work: {} {}", to_string(wish.secret),
                    sentence_of(failure_class::authentication),
                    hint_of(failure_class::authentication));
  return wins.who == wish.who
             ? text + " Every slot tries it again."
             : fmt::format("{} Until it changes, {} maintains the repository.",
                           text, to_string(wins.who));
}

/// The field by which the winner suspends.
std::string_view suspend_field(const claim_key& who) {
  return who.kind == claim_kind::kopia_maintenance
             ? "spec.suspend"
             : "spec.kopia.maintenanceCronJob.suspend";
}

std::optional<instant> next_maintenance(const repository_facts& facts,
                                        const claim& wins, instant now) {
  auto table = timetable_of(wins.settings, maintenance_kind::full, facts.id);
  if (wins.settings.suspend || !table)
    return std::nullopt;
  auto after = now;
  // Without admission nobody drops the slots in between.
  if (const auto& done = facts.lease.known.success_ended;
      done && facts.cron_jobs.full.holds_jobs)
    after = std::max(after,
                     *done + std::chrono::days{wins.settings.interval_days});
  return next_run(table->schedule, table->zone, after);
}

/// Reason and message of a claim without a defect of its own.
void tell(claim_status& status, const repository_facts& facts,
          const claim& wish, const claimant& winner) {
  const auto& wins = winner.wish;
  auto cron_job = cron_job_words(facts, maintenance_kind::full);
  auto failures = failures_of(facts.lease.known);
  auto trail = failures.empty() ? failures : " " + failures;
  if (is_refused(facts, wish)) {
    status.reason = "Error";
    status.message = refusal_of(wish, wins);
    return;
  }
  status.ready = true;
  if (wins.settings.suspend) {
    status.reason = "Suspended";
    status.message
        = fmt::format("Maintenance is suspended by {}; it goes on when {} is "
                      "false there.{}",
                      to_string(wins.who), suspend_field(wins.who), trail);
  } else if (auto told = sharing_of(facts.aliases, facts.lease.known);
             !told.standby.empty() && facts.cron_jobs.full.holds_jobs) {
    status.reason = wish.who.kind == claim_kind::kopia_maintenance ? "Standby"
                                                                   : "Conflict";
    status.message = fmt::format("Standby: {}.{}", told.standby, trail);
  } else if (wish.who != wins.who
             && wish.who.kind == claim_kind::kopia_maintenance) {
    status.reason = "Standby";
    status.message = fmt::format(
        "{} maintains this repository at {}; this one takes over when that "
        "one goes.{}",
        to_string(wins.who), words_for(wins.settings), trail);
  } else if (is_overruled(wish, wins)) {
    status.reason = "Conflict";
    status.message = fmt::format(
        "Schedule {} is not used: {} came first and maintains this repository "
        "at {}. Set the same schedules and timeZone to end the conflict.{}",
        words_for(wish.settings), to_string(wins.who), words_for(wins.settings),
        trail);
  } else if (wish.who != wins.who
             && wins.who.kind == claim_kind::kopia_maintenance) {
    status.reason = "Maintained";
    status.message
        = fmt::format("{} maintains this repository at {}.{}",
                      to_string(wins.who), words_for(wins.settings), trail);
  } else {
    status.reason = "Scheduled";
    status.message = fmt::format(
        "CronJob {} maintains this repository at {}, as {} asks.{}", cron_job,
        words_for(wins.settings), to_string(wins.who), trail);
  }
}

/// Reason and message of a claim that runs by hand. What is wrong with the
/// winner's CronJob does not concern it.
void tell_manual(claim_status& status, const repository_facts& facts,
                 const repository_account& account, const claimant& who,
                 instant now) {
  const auto& wish = who.wish;
  auto runs = manual_account_of(facts, who, now);
  status.message = manual_words(wish, runs);
  auto is_pending = runs.state == manual_state::pending;
  auto error
      = wrong_merge_text(facts.lease.known, facts.location, facts.lease.key);
  if (const auto* why = trouble_with_making(facts, manual_job_key(wish));
      error.empty() && why)
    error
        = fmt::format("Job {} can't be made: {}",
                      to_string(manual_job_key(wish)), sentence(why->message));
  if (wish.settings.suspend && runs.state != manual_state::running) {
    status.reason = "Suspended";
    status.message
        = is_pending ? fmt::format("Manual run '{}' waits until {} is false.",
                                   wish.manual, suspend_field(wish.who))
                     : status.message + " Maintenance is suspended.";
  } else if (is_pending && !error.empty()) {
    status.reason = "Error";
    status.message = std::move(error);
  } else if (is_pending) {
    status.reason = "ManualPending";
    if (!account.hold_up.empty())
      status.message += " " + account.hold_up;
  } else {
    status.reason = runs.state == manual_state::running     ? "ManualRunning"
                    : runs.state == manual_state::succeeded ? "ManualComplete"
                                                            : "ManualFailed";
  }
}

/// Shows the claimant something else than we wrote?
bool is_overwritten(const claimant& who) {
  return who.written && who.status != who.written->status;
}

} // namespace

std::string sentence(std::string text) {
  while (!text.empty() && (text.back() == '.' || text.back() == ' '))
    text.pop_back();
  return text.empty() ? text : text + ".";
}

std::string failure_words(failure_class why, const std::string& message) {
  auto hint = hint_of(why);
  return fmt::format("({}): {}{}{}", to_string(why), sentence(message),
                     hint.empty() ? "" : " ", hint);
}

std::string failures_of(const ledger& known) {
  if (known.failures == 0)
    return {};
  auto which = known.failures == 1
                   ? std::string{"The last run failed"}
                   : fmt::format("The last {} runs failed, most recently",
                                 known.failures);
  return fmt::format("{} {}", which,
                     failure_words(known.failure, known.failure_message));
}

repository_account account_of(const repository_facts& facts,
                              const hindrance& found, instant now) {
  repository_account account;
  account.winner = winner_of(facts);
  if (account.winner)
    account.next_maintenance
        = next_maintenance(facts, account.winner->wish, now);
  account.error
      = wrong_merge_text(facts.lease.known, facts.location, facts.lease.key);
  if (auto foreign = foreign_cron_job(facts, account.winner);
      account.error.empty() && !foreign.empty())
    account.error = fmt::format(
        "CronJob {} exists but was not made by holystone. Delete it, and "
        "holystone makes its own.",
        foreign);
  if (account.error.empty()) {
    account.error = sentence(found.cron_job.message);
    account.error_reason = found.cron_job.reason;
  }
  if (auto wait = first_long_wait(facts)) {
    if (wait->limit <= now)
      account.hold_up = describe(*wait, found.wait);
    else
      account.look_again = wait->limit;
  }
  if (found.is_stuck)
    account.hold_up = sentence(found.wait);
  for (const auto& who : facts.claimants)
    if (who.wish.who.kind == claim_kind::kopia_maintenance)
      account.look_again = earlier(
          account.look_again, manual_account_of(facts, who, now).look_again);
  return account;
}

claim_status wanted_status(const repository_facts& facts,
                           const repository_account& account,
                           const claimant& who, instant now) {
  const auto& wish = who.wish;
  claim_status status;
  status.last_maintenance = facts.lease.known.success_ended;
  status.failures = facts.lease.known.failures;
  status.observed_generation = wish.generation;
  const auto& cron_job = facts.cron_jobs.full;
  status.conditions = wanted_warnings(facts, who, now);
  if (cron_job.exists && cron_job.ours)
    status.cron_job = cron_job.key.name;
  const auto* winner = account.winner;
  status.next_maintenance = account.next_maintenance;
  auto is_source = wish.who.kind == claim_kind::replication_source;
  if (is_source && winner
      && winner->wish.who.kind == claim_kind::kopia_maintenance)
    status.kopia_maintenance = winner->wish.who.object.name;
  if (wish.defect) {
    status.reason = wish.defect->reason;
    status.message = wish.defect->message;
  } else if (!is_scheduled(wish)) {
    tell_manual(status, facts, account, who, now);
  } else if (!account.error.empty()) {
    status.reason = "Error";
    status.message = account.error;
  } else if (!winner || !cron_job.exists) {
    status.reason = "Waiting";
    status.message = fmt::format("CronJob {} is being made.",
                                 cron_job_words(facts, maintenance_kind::full));
  } else {
    tell(status, facts, wish, *winner);
    if (status.ready && !account.hold_up.empty()) {
      status.ready = false;
      status.reason = "Waiting";
      status.message = account.hold_up;
    }
  }
  status.message = brief(std::move(status.message));
  return is_source ? status
                   : as_standalone(std::move(status), facts, account, who, now);
}

bool is_contested(const repository_facts& facts, const claimant& who,
                  const claim_status& wanted) {
  return is_overwritten(who) && who.written->is_repair
         && who.written->after == facts.lease.known.counted
         && who.written->status.observed_generation
                == wanted.observed_generation;
}

written_status written(const repository_facts& facts, const claimant& who,
                       claim_status status) {
  return {std::move(status), facts.lease.known.counted, is_overwritten(who)};
}

} // namespace holystone::scheduler
