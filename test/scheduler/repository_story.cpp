#include "crashing_story.hpp"

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

/// The basic story: made, run by hand and by schedule, handed over, ended.
class story : crashing_story {
public:
  story(unsigned crash_at, bool applied)
      : crashing_story(3, crash_at, applied) {
    // Runs succeed and take about a minute.
    cluster_.limits.job_deadline = 300s;
  }

  /// Returns how many writes there were.
  unsigned play() {
    create();
    run_by_hand();
    run_by_schedule();
    hand_over();
    end();
    return steps();
  }

private:
  void create() {
    cluster_.claim("a", "0 * * * *");
    cluster_.claim("b", "0 * * * *");
    cluster_.claimants[1].wish.settings.schedule = "17 * * * *";
    live(3min);
    REQUIRE(cluster_.cron_jobs.full.exists);
    CHECK(to_string(*cluster_.cron_jobs.full.winner)
          == "ReplicationSource a/data");
    CHECK_THAT(cluster_.cron_jobs.full.conflict, Catch::Contains("b/data"));
    CHECK(cluster_.copies.size() == 2);
    for (const auto& c : cluster_.claimants)
      CHECK(c.status);
    CHECK(cluster_.runs == 0);
  }

  void run_by_hand() {
    auto job = cluster_.create_job(maintenance_kind::full, std::nullopt, true);
    live(10min);
    REQUIRE(cluster_.jobs.contains(job));
    CHECK(cluster_.jobs.at(job).fact.finished);
    CHECK(!cluster_.lease.holder);
    CHECK(cluster_.lease.known.counted == cluster_.jobs.at(job).fact.uid);
  }

  /// Slot and manual Job at once: two Jobs, one after the other.
  void run_by_schedule() {
    auto jobs = cluster_.jobs.size();
    while (cluster_.now.time_since_epoch() % 3600s != 0s)
      cluster_.pass(1s);
    // A moment later: had the manual Job been first, it would have covered the
    // slot.
    cluster_.pass(5s);
    cluster_.create_job(maintenance_kind::full, std::nullopt, false);
    live(15min);
    CHECK(cluster_.jobs.size() == jobs + 2);
    for (const auto& [name, job] : cluster_.jobs)
      CHECK(job.fact.finished);
  }

  void hand_over() {
    auto runs = cluster_.runs;
    cluster_.unclaim("a");
    live(1min);
    CHECK(cluster_.cron_jobs.full.schedule == "17 * * * *");
    CHECK(to_string(*cluster_.cron_jobs.full.winner)
          == "ReplicationSource b/data");
    CHECK(cluster_.cron_jobs.full.conflict.empty());
    CHECK(cluster_.copies.size() == 1);
    // Minute 17 of this hour may be past or to come; it must not be made up.
    auto minute = cluster_.now.time_since_epoch() % 3600s;
    live(minute < 17min ? 0s : 40min);
    CHECK(cluster_.runs == runs);
  }

  void end() {
    cluster_.claimants.clear();
    live(40min);
    CHECK_FALSE(cluster_.cron_jobs.full.exists);
    CHECK(cluster_.jobs.empty());
    CHECK(cluster_.copies.empty());
    CHECK_FALSE(cluster_.lease.exists);
    CHECK(us_.decide().finished);
  }
};

} // namespace

TEST_CASE("the basic story goes from the first claim to no trace at all") {
  // Copies, CronJob, statuses, three runs, hand-over, teardown.
  CHECK(story{0, false}.play() > 20);
}

TEST_CASE("the basic story has the same end wherever the process crashes") {
  crash_everywhere<story>();
}
