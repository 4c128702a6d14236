#include "little_operator.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

void check(const little_cluster& cluster, const little_operator& us) {
  if (cluster.maintaining() > 1)
    throw std::logic_error("two pods maintain one repository after "
                           + us.last_action);
}

/// A quiet cluster with a faithful operator, for a stretch of time.
void live(little_cluster& cluster, little_operator& us, seconds time) {
  for (auto until = cluster.now + time; cluster.now < until;) {
    us.hear_all();
    for (int i = 0; i < 50 && us.step(); ++i)
      check(cluster, us);
    for (int i = 0; i < 20; ++i) {
      cluster.pass(1s);
      check(cluster, us);
    }
  }
}

/// Nothing is written for ten minutes in which no slot falls due.
void expect_rest(little_cluster& cluster, little_operator& us) {
  while (
      std::chrono::floor<std::chrono::minutes>(cluster.now.time_since_epoch())
              .count()
          % 60
      != 35)
    live(cluster, us, 60s);
  auto before = cluster.writes;
  live(cluster, us, 10min);
  INFO("last action: " << us.last_action);
  CHECK(cluster.writes == before);
}

bool nothing_left(const little_cluster& cluster) {
  return !cluster.cron_jobs.full.exists && !cluster.cron_jobs.quick.exists
         && cluster.jobs.empty() && cluster.copies.empty()
         && !cluster.lease.exists;
}

maintenance_kind some_kind(little_cluster& cluster) {
  return cluster.chance(0.6) ? maintenance_kind::full : maintenance_kind::quick;
}

std::string some_quick_schedule(little_cluster& cluster) {
  return cluster.chance(0.3)   ? ""
         : cluster.chance(0.5) ? "*/3 * * * *"
                               : "*/7 * * * *";
}

/// What may go wrong between two looks of the operator.
void disturb(little_cluster& cluster, bool nodes_die) {
  auto pick_job = [&]() -> little_cluster::job* {
    if (cluster.jobs.empty())
      return nullptr;
    auto i = cluster.jobs.begin();
    std::advance(i, cluster.below(static_cast<unsigned>(cluster.jobs.size())));
    return &i->second;
  };
  switch (cluster.below(14)) {
    case 0: // Resumed by hand.
      if (auto* job = pick_job();
          job && job->fact.state == job_state::waiting) {
        job->fact.state = job_state::running;
        job->fact.started = cluster.now;
        job->fact.version = {cluster.next("v")};
      }
      break;
    case 1: // Suspended by hand.
      if (auto* job = pick_job();
          job && job->fact.state == job_state::running) {
        job->fact.state = job_state::waiting;
        job->fact.ticketless = job->ticket != job->fact.uid.value;
        job->fact.version = {cluster.next("v")};
      }
      break;
    case 2: // Deleted, in the foreground or at once.
      if (auto* job = pick_job()) {
        auto uid = job->fact.uid;
        for (auto& pod : cluster.pods)
          if (pod.fact.job == uid)
            pod.terminating = true;
        if (cluster.chance(0.5)) {
          job->fact.deleting = true;
          job->fact.version = {cluster.next("v")};
        } else {
          cluster.jobs.erase(job->fact.key.name);
        }
      }
      break;
    case 3: // Deleted with --cascade=orphan.
      if (auto* job = pick_job())
        cluster.jobs.erase(job->fact.key.name);
      break;
    case 4: // The pod is evicted.
      if (!cluster.pods.empty())
        cluster.pods[cluster.below(static_cast<unsigned>(cluster.pods.size()))]
            .terminating
            = true;
      break;
    case 5: // Deleted by force: the Job fails, the container runs on.
      if (nodes_die)
        for (auto& pod : cluster.pods)
          if (pod.running && pod.exists) {
            pod.exists = false;
            pod.node_is_dead = true;
            pod.ends = cluster.now
                       + seconds{cluster.below(static_cast<unsigned>(
                           cluster.limits.job_deadline.count()))};
            for (auto& [name, job] : cluster.jobs)
              if (job.fact.uid == pod.fact.job
                  && job.fact.state == job_state::running) {
                job.fact.state = job_state::failed;
                job.fact.finished = cluster.now;
                job.fact.version = {cluster.next("v")};
              }
            break;
          }
      break;
    case 6:
    case 7: // kubectl create job --from=cronjob/...
      if (auto kind = some_kind(cluster); cluster.cron_jobs[kind].exists
                                          && !cluster.cron_jobs[kind].deleting
                                          && cluster.jobs.size() < 6)
        cluster.create_job(kind, std::nullopt, cluster.chance(0.5));
      break;
    case 8: // Another schedule.
      if (!cluster.claimants.empty()) {
        auto& wish = cluster
                         .claimants[cluster.below(
                             static_cast<unsigned>(cluster.claimants.size()))]
                         .wish;
        wish.settings.schedule
            = cluster.chance(0.5) ? "*/10 * * * *" : "5 * * * *";
        wish.settings.quick_schedule = some_quick_schedule(cluster);
        wish.settings.suspend = cluster.chance(0.1);
        ++wish.generation;
      }
      break;
    case 9: // Comes and goes.
      if (cluster.claimants.size() < 3 && cluster.chance(0.6))
        cluster.claim(cluster.next("ns"), "*/5 * * * *",
                      some_quick_schedule(cluster));
      else if (!cluster.claimants.empty() && cluster.chance(0.3))
        cluster.unclaim(cluster.claimants[0].wish.who.object.ns);
      break;
    case 10: // Another version of a Secret.
      if (!cluster.claimants.empty())
        cluster.claimants[0].wish.secret_version = cluster.next("v");
      break;
    case 11: // The CronJob is deleted or edited by hand.
      if (auto kind = some_kind(cluster); cluster.cron_jobs[kind].exists) {
        if (cluster.chance(0.3)) {
          cluster.delete_cron_job_of(kind);
        } else {
          cluster.cron_jobs[kind].schedule = "1 * * * *";
          cluster.cron_jobs[kind].digest = "edited";
        }
      }
      break;
    case 12: // A copy is deleted by hand.
      if (!cluster.copies.empty() && cluster.chance(0.3))
        cluster.copies.pop_back();
      break;
    default:
      break;
  }
}

fate some_fate(little_cluster& cluster) {
  return cluster.chance(0.15)   ? fate::not_sent
         : cluster.chance(0.15) ? fate::reply_lost
                                : fate::done;
}

/// An hour and a half of trouble, then peace.
void play(unsigned seed, bool nodes_die, bool second_operator) {
  little_cluster cluster{seed};
  cluster.claim("a", "*/5 * * * *", some_quick_schedule(cluster));
  little_operator us{cluster};
  little_operator stale{cluster};
  for (int round = 0; round < 900; ++round) {
    if (cluster.chance(0.12))
      disturb(cluster, nodes_die);
    for (unsigned kind = 0; kind < little_operator::kinds; ++kind) {
      if (cluster.chance(0.5))
        us.hear(kind);
      if (cluster.chance(0.03))
        stale.hear(kind);
    }
    if (cluster.chance(0.02))
      us.restart();
    for (int i = 0; i < 3 && us.step(some_fate(cluster)); ++i)
      check(cluster, us);
    // A leader that does not know yet that it is none any more.
    if (second_operator && cluster.chance(0.2)) {
      stale.step(some_fate(cluster));
      check(cluster, stale);
    }
    auto time = 1 + cluster.below(10);
    for (unsigned i = 0; i < time; ++i) {
      cluster.pass(1s);
      check(cluster, us);
    }
  }
  // Schedules of an hour, so that ten quiet minutes exist.
  for (auto& c : cluster.claimants) {
    c.wish.settings.schedule = "5 * * * *";
    if (!c.wish.settings.quick_schedule.empty())
      c.wish.settings.quick_schedule = "15 * * * *";
    c.wish.settings.suspend = false;
  }
  // A Lease may be held for as long as a lost pod could run.
  auto bound = cluster.limits.longest_possible() + 20min;
  live(cluster, us, bound);
  expect_rest(cluster, us);
  CHECK(cluster.lease.holder == object_uid{});
  for (const auto& [name, job] : cluster.jobs)
    CHECK(job.fact.state != job_state::waiting);
  auto before = cluster.runs;
  if (!cluster.claimants.empty()) {
    live(cluster, us, 70min);
    CHECK(cluster.runs > before);
  }
  cluster.claimants.clear();
  live(cluster, us, bound);
  CHECK(nothing_left(cluster));
  CHECK(us.decide().finished);
}

} // namespace

TEST_CASE("whatever happens, at most one pod maintains a repository, and peace "
          "returns") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    CHECK_NOTHROW(play(seed, false, false));
  }
}

TEST_CASE("A-5: not even when nodes die and pods are deleted by force") {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    CHECK_NOTHROW(play(seed, true, false));
  }
}

TEST_CASE("not even when an old leader goes on with an old view") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    CHECK_NOTHROW(play(seed, false, true));
  }
}
