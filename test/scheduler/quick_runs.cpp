#include "quiet_cluster.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

TEST_CASE("quickSchedule makes a second CronJob that goes with the field") {
  quiet_cluster q;
  q.cluster.claim("a", "0 2 * * *", "H * * * *");
  q.live(20s);
  REQUIRE(q.quick().exists);
  CHECK(q.quick().schedule.find('H') == std::string::npos);
  CHECK(q.full().schedule == "0 2 * * *");
  q.live(2h);
  CHECK(q.done.quick.size() == 2);
  CHECK(q.done.full.empty());
  q.first().settings.quick_schedule.clear();
  q.live(20s);
  CHECK_FALSE(q.quick().exists);
  CHECK(q.full().exists);
  CHECK(q.cluster.jobs.empty());
}

TEST_CASE("only full runs count as the last maintenance") {
  quiet_cluster q;
  q.cluster.claim("a", "0 2 * * *", "0 * * * *");
  q.live(70min);
  REQUIRE(q.done.quick == slots{"00:00"});
  CHECK_FALSE(q.cluster.lease.known.success_ended);
  CHECK_FALSE(q.status().last_maintenance);
  q.live(2h);
  CHECK(q.done.full == slots{"02:00"});
  CHECK(q.status().last_maintenance);
}

TEST_CASE("a full satisfies the quick slot that falls due with it") {
  quiet_cluster q;
  q.cluster.claim("a", "0 2 * * *", "0 * * * *");
  q.live(5h);
  CHECK(q.done.full == slots{"02:00"});
  CHECK(q.done.quick == slots{"00:00", "01:00", "03:00", "04:00"});
}

TEST_CASE("a quick slot that falls due while a full one runs is dropped, not "
          "run afterwards") {
  quiet_cluster q;
  q.cluster.claim("a", "59 1 * * *", "*/10 * * * *");
  q.cluster.run_time = 150s;
  q.live(3h);
  CHECK(q.done.full == slots{"01:59"});
  CHECK(q.done.quick.contains("01:50"));
  CHECK_FALSE(q.done.quick.contains("02:00"));
  CHECK(q.done.quick.contains("02:10"));
}

TEST_CASE("A-12: an edit of quickSchedule fires nothing and leaves the other "
          "CronJob alone") {
  quiet_cluster q;
  q.cluster.claim("a", "0 2 * * *", "50 23 * * *");
  q.live(5min);
  auto before = q.full().version;
  REQUIRE(to_rfc3339(q.cluster.now) == "2026-11-20T23:35:00Z");
  q.first().settings.quick_schedule = "34 * * * *";
  q.live(10min);
  CHECK(q.quick().schedule == "34 * * * *");
  CHECK(q.cluster.jobs.empty());
  CHECK(q.full().version == before);
  q.live(1h);
  CHECK(q.done.quick == slots{"00:34"});
}

TEST_CASE("at a hand-over the new winner's settings are used whole") {
  quiet_cluster q;
  q.cluster.claim("a", "0 2 * * *", "0 * * * *");
  q.live(20s);
  q.cluster.claim("b", "0 2 * * *");
  q.live(20s);
  CHECK(q.full().conflict.empty());
  CHECK(q.quick().exists);
  q.cluster.unclaim("a");
  q.live(20s);
  CHECK(to_string(*q.full().winner) == "ReplicationSource b/data");
  CHECK_FALSE(q.quick().exists);
  CHECK(q.cluster.jobs.empty());
}

TEST_CASE("a quick run that goes on ends before its CronJob is removed") {
  quiet_cluster q;
  q.cluster.claim("a", "0 2 * * *", "0 * * * *");
  q.cluster.run_time = 200s;
  q.live(30min + 60s);
  REQUIRE(q.cluster.maintaining() == 1);
  q.first().settings.quick_schedule.clear();
  auto ran = q.cluster.runs;
  q.live(60s);
  CHECK(q.cluster.maintaining() == 1);
  CHECK(q.quick().exists);
  q.live(5min);
  CHECK(q.done.quick == slots{"00:00"});
  CHECK_FALSE(q.quick().exists);
  CHECK(q.cluster.runs == ran);
}

TEST_CASE("nothing of quick maintenance is left when nobody claims") {
  quiet_cluster q;
  q.cluster.claim("a", "0 2 * * *", "*/5 * * * *");
  q.live(20min);
  REQUIRE_FALSE(q.done.quick.empty());
  q.cluster.claimants.clear();
  q.live(10min);
  CHECK_FALSE(q.quick().exists);
  CHECK_FALSE(q.full().exists);
  CHECK(q.cluster.jobs.empty());
  CHECK_FALSE(q.cluster.lease.exists);
  CHECK(q.us.decide().finished);
}

TEST_CASE("a foreign object under the quick CronJob's name is told to those "
          "who want quick runs only") {
  quiet_cluster q;
  q.cluster.claim("a", "0 2 * * *", "0 * * * *");
  auto& foreign = q.cluster.cron_jobs.quick;
  foreign.exists = true;
  foreign.key = {"volsync-system", "kopia-maintenance-0123456789abcdef-quick"};
  foreign.uid = {"foreign"};
  foreign.schedule = "5 5 * * *";
  foreign.time_zone = "UTC";
  q.live(20s);
  CHECK(q.status().reason == "Error");
  CHECK_THAT(q.status().message,
             Catch::Contains("kopia-maintenance-0123456789abcdef-quick"));
  CHECK(q.full().exists);
  q.first().settings.quick_schedule.clear();
  q.live(20s);
  CHECK(q.status().reason == "Scheduled");
  q.cluster.claimants.clear();
  q.live(20s);
  CHECK(foreign.uid == object_uid{"foreign"});
  // It stays known, or else an apply for the next claim would take it over.
  CHECK_FALSE(q.us.decide().finished);
  foreign = {};
  q.live(20s);
  CHECK(q.us.decide().finished);
}
