#include "actors/why.hpp"

#include "scheduler/claim_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace holystone::actors {

namespace {

using kind = subject_of_question::kind;

const claimant* claimant_of(const repository_facts& facts,
                            const claim_key& who) {
  auto found = std::ranges::find_if(facts.claimants, [&](const claimant& one) {
    return one.wish.who == who;
  });
  return found == facts.claimants.end() ? nullptr : &*found;
}

/// What keeps this very claim from being served; empty: nothing does.
std::string refusal_of(const repository_facts& facts, const claimant& who) {
  if (who.wish.defect)
    return who.wish.defect->message;
  const auto* winner = winner_of(facts);
  if (winner && winner->wish.who != who.wish.who
      && is_overruled(who.wish, winner->wish))
    return fmt::format("{} claimed the repository first, and its schedule "
                       "holds",
                       to_string(winner->wish.who));
  return who.status && !who.status->ready ? who.status->message : std::string{};
}

const job_fact* oldest_waiting(const repository_facts& facts) {
  const job_fact* oldest = nullptr;
  for (const auto& job : facts.jobs)
    if (job.state == job_state::waiting
        && (!oldest || job.created < oldest->created))
      oldest = &job;
  return oldest;
}

/// Of a Job that has ended. What its run said is known of the last one.
std::string fate_of(const ledger& known, const job_fact& job) {
  if (job.state == job_state::complete)
    return "it has maintained the repository";
  return known.counted == job.uid && known.failures > 0
             ? fmt::format("it failed {}",
                           failure_words(known.failure, known.failure_message))
             : fmt::format("it failed: {}", job.reason);
}

/// Of the repository as a whole.
explanation explain_repository(const repository_view& view, teller who) {
  const auto& facts = view.facts;
  if (who == teller::replica && !view.leading)
    return {"another replica of the operator leads; ask that one", {}};
  if (facts.lease.holder)
    return {fmt::format("Job {} maintains the repository",
                        to_string(facts.lease.holder_job)),
            facts.lease.acquired};
  if (!view.troubles.empty()) {
    const auto& [what, failed] = *view.troubles.begin();
    return {fmt::format("{} cannot be written: {}", what, failed.message), {}};
  }
  if (!view.reason.empty()) {
    const auto* waits = oldest_waiting(facts);
    return {view.reason, waits ? std::optional{waits->created} : std::nullopt};
  }
  if (!view.writing.empty())
    return {fmt::format("the operator is about to {}", view.writing), {}};
  const auto& last = facts.lease.known.success_ended;
  const auto* winner = winner_of(facts);
  auto next = winner && winner->status ? winner->status->next_maintenance
                                       : std::optional<instant>{};
  // Nobody may have told the winner yet.
  if (!next && !view.next_runs.empty())
    next = view.next_runs.front();
  auto failed = failures_of(facts.lease.known);
  auto then = next ? fmt::format("is due until {}", to_rfc3339(*next))
                   : std::string{"is planned"};
  return {failed.empty() ? fmt::format("nothing {}", then)
                         : fmt::format("{} Nothing {}", failed, then),
          last};
}

} // namespace

std::optional<subject_of_question> parse_subject(std::string_view name,
                                                 object_key key) {
  struct spelling {
    std::string_view name;
    kind what;
    claim_kind claims = claim_kind::replication_source;
  };
  static constexpr std::array all{
      spelling{"replicationsource", kind::claim},
      spelling{"rs", kind::claim},
      spelling{"kopiamaintenance", kind::claim, claim_kind::kopia_maintenance},
      spelling{"km", kind::claim, claim_kind::kopia_maintenance},
      spelling{"cronjob", kind::cron_job},
      spelling{"job", kind::job},
      spelling{"pod", kind::pod},
      spelling{"secret", kind::secret}};
  std::string lower{name};
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  for (const auto& one : all)
    if (lower == one.name || lower == fmt::format("{}s", one.name))
      return subject_of_question{one.what, one.claims, std::move(key)};
  return std::nullopt;
}

bool concerns(const repository_view& view, const subject_of_question& asked) {
  const auto& facts = view.facts;
  auto has_key = [&](const auto& one) {
    return one.key == asked.key;
  };
  switch (asked.what) {
    case kind::claim:
      return claimant_of(facts, {asked.claims, asked.key});
    case kind::cron_job:
      return has_key(facts.cron_jobs.full) || has_key(facts.cron_jobs.quick);
    case kind::job:
      return std::ranges::any_of(facts.jobs, has_key);
    case kind::pod:
      return std::ranges::any_of(facts.pods, has_key);
    case kind::secret:
      return std::ranges::any_of(facts.copies, has_key)
             || std::ranges::any_of(facts.claimants, [&](const claimant& who) {
                  return who.wish.secret == asked.key;
                });
  }
  return false;
}

explanation explain(const repository_view& view,
                    const subject_of_question& asked, teller who) {
  const auto& facts = view.facts;
  if (asked.what == kind::claim)
    if (const auto* claim = claimant_of(facts, {asked.claims, asked.key}))
      if (auto refusal = refusal_of(facts, *claim); !refusal.empty())
        return {std::move(refusal), {}};
  if (asked.what == kind::job)
    for (const auto& job : facts.jobs)
      if (job.key == asked.key && job.finished)
        return {fate_of(facts.lease.known, job), job.finished};
  return explain_repository(view, who);
}

} // namespace holystone::actors
