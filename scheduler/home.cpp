#include "scheduler/home.hpp"

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
                    const std::string& home) {
  if (here.exists && here.ns != home)
    elsewhere.push_back(std::exchange(here, {}));
  auto i = std::ranges::find(elsewhere, home, &cron_job_fact::ns);
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

std::vector<std::string>
namespaces_with_say(const repository_facts& facts,
                    const std::string& operator_namespace) {
  std::vector<std::string> all{operator_namespace};
  if (facts.lease.holder)
    all.push_back(facts.lease.holder_job.ns);
  // A claim that can't show its volume just now may only say that it belongs
  // here.
  const auto* winner = winner_of(facts);
  if (facts.reached_by == reach::claim)
    for (const auto& who : facts.claimants) {
      const auto& volume = who.wish.volume;
      if (volume ? !volume->is_injected() : !who.wish.defect || &who == winner)
        all.push_back(who.wish.who.object.ns);
    }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

void sort_out(repository_facts& facts, const std::string& operator_namespace) {
  auto is_at_home = [&](const auto& one) {
    return one.key.ns == operator_namespace;
  };
  auto home = home_of(facts, operator_namespace);
  for (auto kind : maintenance_kinds)
    sort_cron_jobs(facts.cron_jobs[kind], facts.elsewhere[kind], home);
  // Nearly always; no list of namespaces is needed then.
  if (facts.strange_jobs.empty() && facts.strange_pods.empty()
      && std::ranges::all_of(facts.jobs, is_at_home)
      && std::ranges::all_of(facts.pods, is_at_home))
    return;
  auto all = namespaces_with_say(facts, operator_namespace);
  auto counts = [&](const auto& one) {
    return std::ranges::binary_search(all, one.key.ns);
  };
  divide(facts.jobs, facts.strange_jobs, counts);
  divide(facts.pods, facts.strange_pods, counts);
}

} // namespace holystone::scheduler
