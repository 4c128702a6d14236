#include "adversary.hpp"

#include <array>
#include <iterator>

namespace holystone::scheduler {

namespace {

unsigned some_index(little_cluster& cluster, std::size_t count) {
  return cluster.below(static_cast<unsigned>(count));
}

little_cluster::job* some_job(little_cluster& cluster) {
  if (cluster.jobs.empty())
    return nullptr;
  return &std::next(cluster.jobs.begin(),
                    some_index(cluster, cluster.jobs.size()))
              ->second;
}

maintenance_kind some_kind(little_cluster& cluster) {
  return cluster.chance(0.6) ? maintenance_kind::full : maintenance_kind::quick;
}

void resume_job_by_hand(little_cluster& cluster) {
  auto* job = some_job(cluster);
  if (!job || job->fact.state != job_state::waiting)
    return;
  job->fact.state = job_state::running;
  job->fact.started = cluster.now;
  cluster.touch(job->fact.version);
}

void suspend_job_by_hand(little_cluster& cluster) {
  auto* job = some_job(cluster);
  if (!job || job->fact.state != job_state::running)
    return;
  job->fact.state = job_state::waiting;
  job->fact.ticketless = job->ticket != job->fact.uid.value;
  cluster.touch(job->fact.version);
}

/// In the foreground or at once.
void delete_job(little_cluster& cluster) {
  auto* job = some_job(cluster);
  if (!job)
    return;
  for (auto& pod : cluster.pods)
    if (pod.fact.job == job->fact.uid)
      pod.terminating = true;
  if (cluster.chance(0.5)) {
    job->fact.deleting = true;
    cluster.touch(job->fact.version);
  } else {
    cluster.jobs.erase(std::string{job->fact.key.name});
  }
}

/// With --cascade=orphan.
void orphan_pods(little_cluster& cluster) {
  if (auto* job = some_job(cluster))
    cluster.jobs.erase(std::string{job->fact.key.name});
}

void evict_pod(little_cluster& cluster) {
  if (!cluster.pods.empty())
    cluster.pods[some_index(cluster, cluster.pods.size())].terminating = true;
}

/// A pod is deleted by force: the Job fails, the container runs on.
void lose_node(little_cluster& cluster) {
  for (auto& pod : cluster.pods) {
    if (!pod.running || !pod.exists)
      continue;
    pod.exists = false;
    pod.node_is_dead = true;
    auto deadline = cluster.limits.of(pod.fact).job_deadline;
    pod.ends
        = cluster.now
          + seconds{cluster.below(static_cast<unsigned>(deadline.count()))};
    for (auto& [name, job] : cluster.jobs)
      if (job.fact.uid == pod.fact.job
          && job.fact.state == job_state::running) {
        job.fact.state = job_state::failed;
        job.fact.finished = cluster.now;
        cluster.touch(job.fact.version);
      }
    return;
  }
}

/// kubectl create job --from=cronjob/...
void create_job_by_hand(little_cluster& cluster) {
  auto kind = some_kind(cluster);
  const auto& from = cluster.cron_jobs[kind];
  if (from.exists && !from.deleting && cluster.jobs.size() < 6)
    cluster.create_job(kind, std::nullopt, cluster.chance(0.5));
}

void change_schedule(little_cluster& cluster) {
  if (cluster.claimants.empty())
    return;
  auto& wish
      = cluster.claimants[some_index(cluster, cluster.claimants.size())].wish;
  wish.settings.schedule = cluster.chance(0.5) ? "*/10 * * * *" : "5 * * * *";
  wish.settings.quick_schedule = some_quick_schedule(cluster);
  wish.settings.suspend = cluster.chance(0.1);
  if (cluster.deadlines_vary)
    wish.settings.deadline = seconds{cluster.chance(0.5) ? 1500 : 60};
  ++wish.generation;
}

void change_claims(little_cluster& cluster) {
  if (cluster.claimants.size() < 3 && cluster.chance(0.6))
    cluster.claim(cluster.next("ns"), "*/5 * * * *",
                  some_quick_schedule(cluster));
  else if (!cluster.claimants.empty() && cluster.chance(0.3))
    cluster.unclaim(cluster.claimants[0].wish.who.object.ns);
}

void change_secret(little_cluster& cluster) {
  if (!cluster.claimants.empty())
    cluster.claimants[0].wish.secret_version = cluster.next("v");
}

/// Deletes or edits it.
void spoil_cron_job(little_cluster& cluster) {
  auto kind = some_kind(cluster);
  auto& cron_job = cluster.cron_jobs[kind];
  if (!cron_job.exists)
    return;
  if (cluster.chance(0.3)) {
    cluster.delete_cron_job_of(kind);
  } else {
    cron_job.schedule = "1 * * * *";
    cron_job.digest = "edited";
  }
}

void delete_copy_by_hand(little_cluster& cluster) {
  if (!cluster.copies.empty() && cluster.chance(0.3))
    cluster.copies.pop_back();
}

void do_nothing(little_cluster&) {
  // nop
}

} // namespace

std::string some_quick_schedule(little_cluster& cluster) {
  return cluster.chance(0.3)   ? ""
         : cluster.chance(0.5) ? "*/3 * * * *"
                               : "*/7 * * * *";
}

void disturb(little_cluster& cluster, bool nodes_die) {
  constexpr std::array acts{
      resume_job_by_hand,  suspend_job_by_hand, delete_job,
      orphan_pods,         evict_pod,           lose_node,
      create_job_by_hand,  create_job_by_hand,  change_schedule,
      change_claims,       change_secret,       spoil_cron_job,
      delete_copy_by_hand, do_nothing};
  auto act = acts[cluster.below(acts.size())];
  if (act != lose_node || nodes_die)
    act(cluster);
}

} // namespace holystone::scheduler
