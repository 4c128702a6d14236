#include "crashing_story.hpp"

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

/// A volume that only its claimants' namespaces can mount: made beside the
/// first claim, run there, handed to another namespace in the middle of a run,
/// ended.
class story_on_a_volume : crashing_story {
public:
  story_on_a_volume(unsigned crash_at, bool applied)
      : crashing_story(5, crash_at, applied) {
    cluster_.reached_by = reach::claim;
    cluster_.failure = 0;
    cluster_.run_time = 60s;
  }

  /// Returns how many writes there were.
  unsigned play() {
    begin();
    hand_over();
    end();
    return steps();
  }

private:
  /// Where the CronJobs are.
  std::string homes() const {
    std::string text;
    for (const auto& [where, what] : cluster_.others)
      if (what.cron_jobs.full.exists)
        text += where + " ";
    return text;
  }

  void begin() {
    cluster_.claim("a", "0 * * * *");
    cluster_.now += 5s;
    cluster_.claim("b", "0 * * * *");
    live(3min);
    CHECK(homes() == "a ");
    CHECK_FALSE(cluster_.cron_jobs.full.exists);
    CHECK(cluster_.copies.empty());
    // The slot of midnight runs in a's namespace.
    live(29min);
    REQUIRE(cluster_.runs == 1);
  }

  void hand_over() {
    auto job
        = cluster_.create_job(maintenance_kind::full, std::nullopt, true, "a");
    while (cluster_.jobs.at(job).fact.state == job_state::waiting)
      live(10s);
    cluster_.unclaim("a");
    live(20s);
    live(5min);
    CHECK(homes() == "b ");
    CHECK(cluster_.runs == 2);
    // No extra run, and the next slot runs once, in b's namespace.
    live(20min);
    CHECK(cluster_.runs == 2);
    while (cluster_.now.time_since_epoch() % 3600s >= 5min)
      live(1min);
    live(5min);
    CHECK(cluster_.runs == 3);
    for (const auto& [name, one] : cluster_.jobs)
      CHECK(one.fact.key.ns == "b");
  }

  void end() {
    cluster_.claimants.clear();
    live(40min);
    CHECK(homes().empty());
    CHECK(cluster_.jobs.empty());
    CHECK_FALSE(cluster_.lease.exists);
    CHECK(us_.decide().finished);
  }
};

} // namespace

TEST_CASE("a repository on a volume goes from one namespace to another and "
          "leaves no trace in either") {
  CHECK(story_on_a_volume{0, false}.play() > 10);
}

TEST_CASE("so it does wherever the process crashes") {
  crash_everywhere<story_on_a_volume>();
}
