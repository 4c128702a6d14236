#include "scheduler/home.hpp"

#include "scheduler/object_names.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace holystone::scheduler {

namespace {

/// Moves what `is_right` refuses from the first to the second, and what it
/// admits back.
template <class Fact, class Predicate>
void divide(std::vector<Fact>& right, std::vector<Fact>& wrong,
            Predicate is_right) {
  auto all = std::exchange(right, {});
  all.insert(all.end(), std::make_move_iterator(wrong.begin()),
             std::make_move_iterator(wrong.end()));
  wrong.clear();
  for (auto& one : all)
    (is_right(one) ? right : wrong).push_back(std::move(one));
}

void sort_cron_jobs(cron_job_fact& here, std::vector<cron_job_fact>& elsewhere,
                    const object_key& home) {
  if (here.exists && here.key != home)
    elsewhere.push_back(std::exchange(here, {}));
  auto i = std::ranges::find(elsewhere, home, &cron_job_fact::key);
  if (i == elsewhere.end())
    return;
  here = std::move(*i);
  elsewhere.erase(i);
}

} // namespace

std::string home_of(const repository_facts& facts,
                    const std::string& operator_namespace) {
  if (!runs_beside_winner(facts))
    return operator_namespace;
  const auto* winner = winner_of(facts);
  return winner ? winner->wish.who.object.ns : operator_namespace;
}

object_key cron_job_key(const repository_facts& facts, maintenance_kind kind,
                        const std::string& operator_namespace) {
  const auto* winner = winner_of(facts);
  auto ns = home_of(facts, operator_namespace);
  return {ns, winner && winner->wish.who.kind == claim_kind::kopia_maintenance
                  ? maintenance_cron_job_name(winner->wish.who.object, kind)
                  : cron_job_name(facts.id, kind)};
}

std::vector<std::string>
namespaces_with_say(const repository_facts& facts,
                    const std::string& operator_namespace) {
  std::vector<std::string> all{operator_namespace};
  if (facts.lease.holder)
    all.push_back(facts.lease.holder_job.ns);
  // A claim that can't show its volume just now may only say that it belongs
  // here.
  const auto* winner = winner_of(facts);
  for (const auto& who : facts.claimants) {
    const auto& wish = who.wish;
    auto is_fit = !wish.defect || &who == winner;
    auto has_say
        = wish.who.kind == claim_kind::kopia_maintenance
              ? is_fit
              : facts.reached_by == reach::claim
                    && (wish.volume ? !wish.volume->is_injected() : is_fit);
    if (has_say)
      all.push_back(wish.who.object.ns);
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

void sort_out(repository_facts& facts, const std::string& operator_namespace) {
  // What the fork made is known by its Secret, wherever it is.
  auto is_at_home = [&](const auto& one) {
    return one.key.ns == operator_namespace || one.of_fork;
  };
  for (auto kind : maintenance_kinds)
    sort_cron_jobs(facts.cron_jobs[kind], facts.elsewhere[kind],
                   cron_job_key(facts, kind, operator_namespace));
  // Nearly always; no list of namespaces is needed then.
  if (facts.strange_jobs.empty() && facts.strange_pods.empty()
      && std::ranges::all_of(facts.jobs, is_at_home)
      && std::ranges::all_of(facts.pods, is_at_home))
    return;
  auto all = namespaces_with_say(facts, operator_namespace);
  auto counts = [&](const auto& one) {
    return one.of_fork || std::ranges::binary_search(all, one.key.ns);
  };
  divide(facts.jobs, facts.strange_jobs, counts);
  divide(facts.pods, facts.strange_pods, counts);
}

} // namespace holystone::scheduler
