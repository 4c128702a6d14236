#include "adversary.hpp"
#include "faithful.hpp"
#include "little_operator.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

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

fate some_fate(little_cluster& cluster) {
  return cluster.chance(0.15)   ? fate::not_sent
         : cluster.chance(0.15) ? fate::reply_lost
                                : fate::done;
}

/// An hour and a half of trouble, then peace.
void play(unsigned seed, bool nodes_die, bool second_operator,
          bool deadlines_vary = false) {
  little_cluster cluster{seed};
  cluster.deadlines_vary = deadlines_vary;
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
  auto longest = cluster.limits;
  if (deadlines_vary)
    longest.job_deadline = 1500s;
  auto bound = longest.longest_possible() + 20min;
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

TEST_CASE("A-5: not even when one claim's runs may last longer than those of "
          "the next") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    CHECK_NOTHROW(play(seed, true, false, true));
  }
}

TEST_CASE("not even when an old leader goes on with an old view") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    CHECK_NOTHROW(play(seed, false, true));
  }
}
