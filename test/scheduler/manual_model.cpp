#include "adversary.hpp"
#include "crashing_story.hpp"
#include "faithful.hpp"
#include "little_operator.hpp"
#include "scheduler/manual_run.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

claimant* who_runs_by_hand(little_cluster& cluster) {
  auto i = std::ranges::find_if(cluster.claimants, [](const claimant& who) {
    return !is_scheduled(who.wish);
  });
  return i == cluster.claimants.end() ? nullptr : &*i;
}

void ask_anew(little_cluster& cluster) {
  auto* who = who_runs_by_hand(cluster);
  if (!who) {
    cluster.claim_by_hand(cluster.next("hand"), "a");
    return;
  }
  who->wish.manual = cluster.chance(0.5) ? "a" : "b";
  who->wish.settings.suspend = cluster.chance(0.1);
  ++who->wish.generation;
}

fate some_fate(little_cluster& cluster) {
  return cluster.chance(0.15)   ? fate::not_sent
         : cluster.chance(0.15) ? fate::reply_lost
                                : fate::done;
}

/// Trouble beside scheduled runs, then peace, in which each tag is done.
void play(unsigned seed, bool nodes_die) {
  little_cluster cluster{seed};
  cluster.claim("a", "*/5 * * * *");
  cluster.claim_by_hand("hand", "a");
  little_operator us{cluster};
  for (int round = 0; round < 600; ++round) {
    if (cluster.chance(0.08))
      disturb(cluster, nodes_die);
    if (cluster.chance(0.06))
      ask_anew(cluster);
    for (unsigned kind = 0; kind < little_operator::kinds; ++kind)
      if (cluster.chance(0.5))
        us.hear(kind);
    if (cluster.chance(0.02))
      us.restart();
    for (int i = 0; i < 3 && us.step(some_fate(cluster)); ++i)
      check(cluster, us);
    auto time = 1 + cluster.below(10);
    for (unsigned i = 0; i < time; ++i) {
      cluster.pass(1s);
      check(cluster, us);
    }
  }
  for (auto& c : cluster.claimants) {
    c.wish.settings.schedule = "5 * * * *";
    c.wish.settings.quick_schedule.clear();
    c.wish.settings.suspend = false;
  }
  live(cluster, us, cluster.limits.longest_possible() + 20min);
  for (const auto& c : cluster.claimants)
    if (!is_scheduled(c.wish)) {
      REQUIRE(c.status);
      INFO(c.status->message);
      CHECK(c.status->reason.starts_with("Manual"));
      CHECK(c.status->reason != "ManualPending");
      CHECK(c.status->reason != "ManualRunning");
      CHECK(c.status->standalone->last_manual_result->tag == c.wish.manual);
    }
  for (const auto& [name, job] : cluster.jobs)
    CHECK(job.fact.state != job_state::waiting);
  while (!cluster.claimants.empty())
    cluster.unclaim(cluster.claimants.back().wish.who.object.ns);
  live(cluster, us, cluster.limits.longest_possible() + 20min);
  CHECK(cluster.jobs.empty());
  CHECK(us.decide().finished);
}

/// A tag, another while it waits, the first again, a failing run; the operator
/// dies at one of its writes.
class by_hand : crashing_story {
public:
  by_hand(unsigned crash_at, bool applied)
      : crashing_story(5, crash_at, applied) {
    cluster_.failure = 0;
    cluster_.run_time = 40s;
  }

  unsigned play() {
    cluster_.claim("a", "0 12 * * *");
    cluster_.claim_by_hand("hand", "one");
    live(10min);
    expect("one", true);
    CHECK(cluster_.runs == 1);
    ask("two");
    live(10min);
    expect("two", true);
    ask("one");
    live(10min);
    expect("one", true);
    CHECK(cluster_.runs == 3);
    cluster_.failure = 1;
    ask("three");
    live(15min);
    expect("three", false);
    CHECK(status().standalone->last_manual_sync == "one");
    CHECK(cluster_.runs == 5);
    live(10min);
    CHECK(cluster_.runs == 5);
    return steps();
  }

private:
  const claim_status& status() {
    return *who_runs_by_hand(cluster_)->status;
  }

  void ask(const std::string& tag) {
    auto& wish = who_runs_by_hand(cluster_)->wish;
    wish.manual = tag;
    ++wish.generation;
  }

  void expect(const std::string& tag, bool succeeded) {
    INFO("tag " << tag);
    CHECK(status().reason == (succeeded ? "ManualComplete" : "ManualFailed"));
    REQUIRE(status().standalone->last_manual_result);
    CHECK(status().standalone->last_manual_result->tag == tag);
    CHECK(status().standalone->last_manual_result->succeeded == succeeded);
  }
};

} // namespace

TEST_CASE("whatever happens, manual runs never meet others, and each tag is "
          "done in the end") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    CHECK_NOTHROW(play(seed, false));
  }
}

TEST_CASE("A-5: nor do they when nodes die") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    CHECK_NOTHROW(play(seed, true));
  }
}

TEST_CASE("one run for each tag, at whichever write the operator dies") {
  CHECK(by_hand{0, false}.play() > 20);
  crash_everywhere<by_hand>();
}
