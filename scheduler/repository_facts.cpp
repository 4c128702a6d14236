#include "scheduler/repository_facts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

/// Does the CronJob record a winner that counts? Whoever may write to a
/// tenant's namespace can at most say that this tenant has won.
bool records_winner(const cron_job_fact& one) {
  return one.winner
         && (one.is_operators || one.winner->object.ns == one.key.ns);
}

/// Can the CronJob's winner have its pods in its own namespace? A
/// KopiaMaintenance that claims nothing here can't: anybody may write down the
/// name of one.
bool may_run_beside(const repository_facts& facts, const cron_job_fact& one) {
  return facts.reached_by == reach::claim
         || (one.winner->kind == claim_kind::kopia_maintenance
             && std::ranges::any_of(facts.claimants, [&](const claimant& who) {
                  return who.wish.who == *one.winner;
                }));
}

/// After a hand-over between namespaces there may be two CronJobs; the later
/// one tells.
std::optional<claim_key> incumbent_of(const repository_facts& facts) {
  const auto& here = facts.cron_jobs.full;
  const auto* last = records_winner(here) ? &here : nullptr;
  for (const auto& other : facts.elsewhere.full)
    if (other.ours && records_winner(other) && may_run_beside(facts, other)
        && (!last || last->effective_since < other.effective_since))
      last = &other;
  return last ? last->winner : facts.lease.winner;
}

} // namespace

std::string secret_used(const claim& wish) {
  return fmt::format("{}@{}", to_string(wish.secret), wish.secret_version);
}

bool is_refused(const repository_facts& facts, const claim& wish) {
  const auto& refused = facts.lease.known.refused_secrets;
  return !refused.empty() && std::ranges::count(refused, secret_used(wish)) > 0;
}

claim_list claims_of(const repository_facts& facts) {
  claim_list all;
  for (const auto& c : facts.claimants)
    all.push_back(&c.wish);
  return all;
}

bool is_anything_scheduled(const repository_facts& facts) {
  return std::ranges::any_of(facts.claimants, [](const claimant& who) {
    return is_scheduled(who.wish);
  });
}

const claimant* winner_of(const repository_facts& facts) {
  claim_list able;
  for (const auto& c : facts.claimants)
    if (!c.wish.defect && !is_refused(facts, c.wish))
      able.push_back(&c.wish);
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
  if (kept && is_scheduled(kept->wish)
      && (!kept->wish.defect || kept->wish.defect->reason == "Waiting"))
    return kept;
  // All are refused: the next tries again, and its status says what fails.
  const auto* best = elect(claims_of(facts), incumbent);
  return best ? find(best->who) : nullptr;
}

bool depends_on_policy(const repository_facts& facts, const claim& wish) {
  return wish.volume ? wish.volume->is_injected()
                     : facts.reached_by == reach::unknown;
}

bool runs_beside_winner(const repository_facts& facts) {
  const auto* winner = winner_of(facts);
  if (winner && winner->wish.who.kind == claim_kind::kopia_maintenance)
    return true;
  if (facts.reached_by != reach::claim)
    return false;
  return !winner || !winner->wish.volume || !winner->wish.volume->is_injected();
}

} // namespace holystone::scheduler
