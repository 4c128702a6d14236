#include "little_operator.hpp"

#include "little_server.hpp"
#include "scheduler/home.hpp"

#include <algorithm>

namespace holystone::scheduler {

void little_operator::restart() {
  facts = {};
  facts.id = facts.location_id = {"0123456789abcdef"};
  facts.location = "{}";
  facts.granted = true;
  blocked_until.clear();
  hear_all();
}

void little_operator::hear(unsigned kind) {
  listen(kind);
  sort_out(facts, policy_for(cluster).operator_namespace);
}

void little_operator::listen(unsigned kind) {
  switch (kind) {
    case 0:
      facts.claimants = cluster.claimants;
      if (!facts.claimants.empty())
        facts.reached_by = cluster.reached_by;
      break;
    case 1:
      facts.cron_jobs = cluster.cron_jobs;
      facts.elsewhere = {};
      for (const auto& [where, what] : cluster.others)
        for (auto each : maintenance_kinds)
          if (what.cron_jobs[each].exists)
            facts.elsewhere[each].push_back(what.cron_jobs[each]);
      break;
    case 2:
      facts.copies = cluster.copies;
      break;
    case 3:
      for (const auto& job : facts.jobs)
        if (job.uid == facts.lease.holder)
          facts.gone_holder = {job.uid, job.pods};
      facts.jobs.clear();
      facts.strange_jobs.clear();
      for (const auto& [name, one] : cluster.jobs)
        facts.jobs.push_back(one.fact);
      break;
    case 4:
      facts.lease = cluster.lease;
      break;
    default: {
      std::vector<pod_fact> now_are;
      facts.pods.insert(facts.pods.end(), facts.strange_pods.begin(),
                        facts.strange_pods.end());
      facts.strange_pods.clear();
      for (const auto& one : cluster.pods)
        if (one.exists)
          now_are.push_back(one.fact);
      // As the actor folds a loss: without a kubelet's word a pod that had a
      // node has only vanished; the holder's pods stay as proof.
      for (auto gone : facts.pods) {
        if (std::ranges::count(now_are, gone.uid, &pod_fact::uid) > 0)
          continue;
        // The word that it is gone carries its last state.
        for (const auto& one : cluster.pods)
          if (one.fact.uid == gone.uid)
            gone.bound = one.fact.bound;
        gone.ended = gone.ended || !gone.bound;
        if (!gone.ended && !gone.vanished)
          gone.vanished = cluster.now;
        if (!gone.ended || gone.job == facts.lease.holder)
          now_are.push_back(gone);
      }
      facts.pods = std::move(now_are);
    }
  }
}

repository_step little_operator::decide() const {
  return next_step(
      facts, policy_for(cluster),
      [this](const std::string& subject) {
        auto i = blocked_until.find(subject);
        return i != blocked_until.end() && cluster.now < i->second;
      },
      cluster.now);
}

bool little_operator::step(fate what) {
  auto next = decide();
  if (std::holds_alternative<std::monostate>(next.action))
    return false;
  last_action = subject_of(next.action);
  const auto* resume = std::get_if<resume_job>(&next.action);
  if (resume && facts.never_resumed == resume->job.uid)
    facts.never_resumed = {};
  auto done = what != fate::not_sent && perform(cluster, next.action, facts);
  if (!done || what != fate::done) {
    blocked_until[last_action] = cluster.now + seconds{1 + cluster.below(8)};
    return true;
  }
  blocked_until.erase(last_action);
  if (const auto* taken = std::get_if<acquire_lease>(&next.action))
    facts.never_resumed = taken->job.uid;
  // The answer holds the object as it is now.
  auto kind = std::holds_alternative<write_status>(next.action) ? 0U
              : last_action.starts_with("cronjob/")             ? 1U
              : last_action.starts_with("copy/")                ? 2U
              : last_action.find("job/") != std::string::npos   ? 3U
                                                                : 4U;
  hear(kind);
  return true;
}

} // namespace holystone::scheduler
