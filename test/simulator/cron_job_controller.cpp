#include "cluster.hpp"

using namespace holystone;
using namespace holystone::simulator;

namespace {

using texts = std::vector<std::string>;

/// A CronJob that makes suspended or running Jobs.
json::value cron_job(std::string_view schedule, bool suspended = false) {
  return {{"metadata", {{"name", "c"}, {"namespace", "apps"}}},
          {"spec",
           {{"schedule", schedule},
            {"timeZone", "UTC"},
            {"concurrencyPolicy", "Forbid"},
            {"jobTemplate",
             {{"metadata",
               {{"labels", {{"tier", "a"}}}, {"annotations", {{"x", "y"}}}}},
              {"spec",
               {{"suspend", suspended},
                {"template",
                 {{"spec",
                   {{"restartPolicy", "Never"},
                    {"containers", json::array{{{"name", "main"},
                                                {"image", "i"}}}}}}}}}}}}}}};
}

void make(virtual_cluster& cluster, const json::value& object) {
  cluster.make(resources::cron_jobs, json::serialize(object));
}

std::string job_at(instant slot) {
  return "c-" + std::to_string(slot.time_since_epoch().count() / 60);
}

} // namespace

TEST_CASE("a due slot makes one Job that says which slot it is for") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 2 * * *"));
  cluster.run_to(at("01:59:59"));
  CHECK(cluster.names(resources::jobs).empty());
  cluster.run_to(at("02:00:00"));
  REQUIRE(cluster.names(resources::jobs) == texts{job_at(at("02:00:00"))});
  auto job = cluster.get(resources::jobs, job_at(at("02:00:00")));
  CHECK(text_at(job, "metadata", "annotations",
                "batch.kubernetes.io/cronjob-scheduled-timestamp")
        == "2026-11-21T02:00:00Z");
  CHECK(text_at(job, "metadata", "annotations", "x") == "y");
  CHECK(text_at(job, "metadata", "labels", "tier") == "a");
  REQUIRE(controller_of(job) != nullptr);
  CHECK(text_at(*controller_of(job), "uid")
        == uid_of(cluster.get(resources::cron_jobs, "c")));
  auto owner = cluster.get(resources::cron_jobs, "c");
  CHECK(text_at(owner, "status", "lastScheduleTime") == "2026-11-21T02:00:00Z");
}

TEST_CASE("the next slot comes a day later, not before") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 2 * * *"));
  cluster.run_to(at("01:59:59", "2026-11-22"));
  CHECK(cluster.names(resources::jobs).size() == 1);
  cluster.run_to(at("02:00:01", "2026-11-22"));
  CHECK(cluster.names(resources::jobs).size() == 2);
}

TEST_CASE("A-12 an edited schedule alone fires nothing, the next update of "
          "any kind fires the past slot") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 23 * * *"));
  cluster.run_to(at("03:00:00"));
  cluster.patch(resources::cron_jobs, "c",
                R"({"spec":{"schedule":"0 2 * * *"}})");
  cluster.run_to(at("03:30:00"));
  CHECK(cluster.names(resources::jobs).empty());
  cluster.patch(resources::cron_jobs, "c",
                R"({"metadata":{"annotations":{"a":"b"}}})");
  cluster.settle();
  CHECK(cluster.names(resources::jobs) == texts{job_at(at("02:00:00"))});
}

TEST_CASE("A-12 an edit and an update that nobody saw apart still fire") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 23 * * *"));
  cluster.run_to(at("03:00:00"));
  cluster.patch(resources::cron_jobs, "c",
                R"({"spec":{"schedule":"0 2 * * *"}})");
  cluster.patch(resources::cron_jobs, "c",
                R"({"metadata":{"annotations":{"a":"b"}}})");
  cluster.settle();
  CHECK(cluster.names(resources::jobs) == texts{job_at(at("02:00:00"))});
}

TEST_CASE("A-12 a restarted controller fires the past slot of an edit") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 23 * * *"));
  cluster.run_to(at("03:00:00"));
  cluster.patch(resources::cron_jobs, "c",
                R"({"spec":{"schedule":"0 2 * * *"}})");
  cluster.settle();
  cluster.restart_controllers();
  CHECK(cluster.names(resources::jobs) == texts{job_at(at("02:00:00"))});
}

TEST_CASE("A-12 lastScheduleTime moved first, then the schedule: only the "
          "next real slot fires, once") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 23 * * *"));
  cluster.run_to(at("03:00:00"));
  cluster.patch(resources::cron_jobs, "c",
                R"({"status":{"lastScheduleTime":"2026-11-21T03:00:00Z"}})",
                "status");
  cluster.patch(resources::cron_jobs, "c",
                R"({"spec":{"schedule":"30 2 * * *"}})");
  cluster.patch(resources::cron_jobs, "c",
                R"({"metadata":{"annotations":{"a":"b"}}})");
  cluster.restart_controllers();
  cluster.run_to(at("02:29:59", "2026-11-22"));
  CHECK(cluster.names(resources::jobs).empty());
  cluster.run_to(at("03:00:00", "2026-11-22"));
  CHECK(cluster.names(resources::jobs)
        == texts{job_at(at("02:30:00", "2026-11-22"))});
}

TEST_CASE("A-12 flipping suspend fires the past slot, too") {
  virtual_cluster cluster;
  auto paused = cron_job("0 2 * * *");
  field(paused, {"spec", "suspend"}) = true;
  make(cluster, paused);
  cluster.run_to(at("05:00:00"));
  CHECK(cluster.names(resources::jobs).empty());
  cluster.patch(resources::cron_jobs, "c", R"({"spec":{"suspend":false}})");
  cluster.settle();
  CHECK(cluster.names(resources::jobs) == texts{job_at(at("02:00:00"))});
}

TEST_CASE("R-55 a resumed CronJob catches up once, with the newest slot") {
  virtual_cluster cluster;
  auto paused = cron_job("0 * * * *");
  field(paused, {"spec", "suspend"}) = true;
  make(cluster, paused);
  cluster.run_to(at("05:30:00"));
  cluster.patch(resources::cron_jobs, "c", R"({"spec":{"suspend":false}})");
  cluster.run_to(at("05:59:00"));
  CHECK(cluster.names(resources::jobs) == texts{job_at(at("05:00:00"))});
}

TEST_CASE("A-13 Forbid counts a suspended Job as active, and the missed slot "
          "comes at once when it ended") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 * * * *", true));
  cluster.run_to(at("03:30:00"));
  REQUIRE(cluster.names(resources::jobs) == texts{job_at(at("01:00:00"))});
  CHECK_FALSE(cluster.events("JobAlreadyActive").empty());
  cluster.patch(resources::jobs, job_at(at("01:00:00")),
                R"({"spec":{"suspend":false}})");
  cluster.run_to(at("03:31:00"));
  CHECK(cluster.names(resources::jobs)
        == texts{job_at(at("01:00:00")), job_at(at("03:00:00"))});
}

TEST_CASE("A-14 lastScheduleTime is set when the suspended Job is made") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 2 * * *", true));
  cluster.run_to(at("02:10:00"));
  auto owner = cluster.get(resources::cron_jobs, "c");
  CHECK(text_at(owner, "status", "lastScheduleTime") == "2026-11-21T02:00:00Z");
  CHECK(items_at(owner, "status", "active").size() == 1);
  CHECK(text_at(owner, "status", "lastSuccessfulTime").empty());
}

TEST_CASE("A-14 a Job made by hand counts for lastSuccessfulTime and is "
          "unexpected while it waits") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 2 * * *"));
  cluster.settle();
  auto owner = cluster.get(resources::cron_jobs, "c");
  auto job = *find(cron_job("x", true), "spec", "jobTemplate");
  field(job, {"metadata", "name"}) = "by-hand";
  field(job, {"metadata", "ownerReferences"})
      = json::array{controller_reference(owner, "batch/v1", "CronJob")};
  cluster.make(resources::jobs, json::serialize(job));
  cluster.settle();
  CHECK(cluster.events("UnexpectedJob")
        == texts{"Saw a job that the controller did not create or forgot: "
                 "by-hand"});
  cluster.patch(resources::jobs, "by-hand", R"({"spec":{"suspend":false}})");
  cluster.run_to(at("00:10:00"));
  owner = cluster.get(resources::cron_jobs, "c");
  CHECK(text_at(owner, "status", "lastSuccessfulTime")
        == "2026-11-21T00:00:02Z");
  CHECK(items_at(owner, "status", "active").empty());
}

TEST_CASE("R-54 Forbid skips a slot while a run goes on, Allow does not") {
  auto policy = GENERATE(as<std::string>{}, "Forbid", "Allow");
  virtual_cluster cluster;
  cluster.behave = [](auto&, auto&, instant) {
    return container_run{.duration = seconds{5400}};
  };
  auto object = cron_job("0 * * * *");
  field(object, {"spec", "concurrencyPolicy"}) = policy;
  make(cluster, object);
  cluster.run_to(at("02:10:00"));
  CHECK(cluster.names(resources::jobs).size()
        == (policy == "Forbid" ? 1U : 2U));
}

TEST_CASE("R-54 Replace deletes the running Job") {
  virtual_cluster cluster;
  cluster.behave = [](auto&, auto&, instant) {
    return container_run{.duration = seconds{5400}};
  };
  auto object = cron_job("0 * * * *");
  field(object, {"spec", "concurrencyPolicy"}) = "Replace";
  make(cluster, object);
  cluster.run_to(at("02:10:00"));
  CHECK(cluster.names(resources::jobs) == texts{job_at(at("02:00:00"))});
}

TEST_CASE("R-57 startingDeadlineSeconds bounds the look-back") {
  virtual_cluster cluster;
  auto object = cron_job("0 2 * * *");
  field(object, {"spec", "startingDeadlineSeconds"}) = 3600;
  make(cluster, object);
  cluster.settle();
  cluster.sleep_to(at("03:00:01"));
  cluster.settle();
  CHECK(cluster.names(resources::jobs).empty());
  cluster.sleep_to(at("02:59:59", "2026-11-22"));
  cluster.settle();
  CHECK(cluster.names(resources::jobs)
        == texts{job_at(at("02:00:00", "2026-11-22"))});
}

TEST_CASE("R-57 without a deadline every outage ends in a run") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 2 * * *"));
  cluster.settle();
  cluster.sleep_to(at("01:00:00", "2026-12-01"));
  cluster.settle();
  CHECK(cluster.names(resources::jobs)
        == texts{job_at(at("02:00:00", "2026-11-30"))});
}

TEST_CASE("R-56 more than 100 missed slots are warned of and the newest runs") {
  virtual_cluster cluster;
  make(cluster, cron_job("* * * * *", true));
  cluster.sleep_to(at("01:45:00"));
  cluster.settle();
  CHECK(cluster.events("TooManyMissedTimes").size() == 1);
  CHECK(cluster.names(resources::jobs) == texts{job_at(at("01:45:00"))});
}

TEST_CASE("R-59 a Job of that name that belongs to somebody else is left "
          "alone") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 2 * * *"));
  auto foreign = *find(cron_job("x", true), "spec", "jobTemplate");
  field(foreign, {"metadata", "name"}) = job_at(at("02:00:00"));
  cluster.make(resources::jobs, json::serialize(foreign));
  cluster.run_to(at("02:10:00"));
  auto owner = cluster.get(resources::cron_jobs, "c");
  CHECK(items_at(owner, "status", "active").empty());
  CHECK(text_at(owner, "status", "lastScheduleTime").empty());
  CHECK(cluster.names(resources::jobs).size() == 1);
}

TEST_CASE("R-59 a slot whose status write was lost is not run again") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 2 * * *", true));
  cluster.run_to(at("02:10:00"));
  cluster.patch(resources::cron_jobs, "c",
                R"({"status":{"lastScheduleTime":null,"active":null}})",
                "status");
  cluster.settle();
  auto owner = cluster.get(resources::cron_jobs, "c");
  CHECK(items_at(owner, "status", "active").size() == 1);
  CHECK(text_at(owner, "status", "lastScheduleTime") == "2026-11-21T02:00:00Z");
  CHECK(cluster.names(resources::jobs).size() == 1);
}

TEST_CASE("R-60 the history keeps the newest three good and one bad Job") {
  virtual_cluster cluster;
  bool good = true;
  cluster.behave = [&good](auto&, auto&, instant) {
    return container_run{.exit_code = good ? 0 : 1};
  };
  auto object = cron_job("0 * * * *");
  field(object, {"spec", "jobTemplate", "spec", "backoffLimit"}) = 0;
  make(cluster, object);
  cluster.run_to(at("05:30:00"));
  good = false;
  cluster.run_to(at("07:30:00"));
  CHECK(cluster.names(resources::jobs)
        == texts{job_at(at("03:00:00")), job_at(at("04:00:00")),
                 job_at(at("05:00:00")), job_at(at("07:00:00"))});
}

TEST_CASE("A-14 a history limit of 0 removes Job and pod at once") {
  virtual_cluster cluster;
  auto object = cron_job("0 2 * * *");
  field(object, {"spec", "successfulJobsHistoryLimit"}) = 0;
  make(cluster, object);
  cluster.run_to(at("02:00:03"));
  CHECK(cluster.names(resources::jobs).empty());
  CHECK(cluster.pods().empty());
}

TEST_CASE("R-61 a slot inside a gap is skipped, one inside an overlap fires "
          "twice") {
  virtual_cluster cluster{at("12:00:00", "2026-03-28")};
  auto object = cron_job("30 2 * * *", true);
  field(object, {"spec", "timeZone"}) = "Europe/Berlin";
  field(object, {"spec", "concurrencyPolicy"}) = "Allow";
  SECTION("gap") {
    make(cluster, object);
    cluster.run_to(at("12:00:00", "2026-03-29"));
    CHECK(cluster.names(resources::jobs).empty());
  }
  SECTION("overlap") {
    cluster.run_to(at("12:00:00", "2026-10-24"));
    make(cluster, object);
    cluster.run_to(at("12:00:00", "2026-10-25"));
    CHECK(cluster.names(resources::jobs)
          == texts{job_at(at("00:30:00", "2026-10-25")),
                   job_at(at("01:30:00", "2026-10-25"))});
    auto job
        = cluster.get(resources::jobs, job_at(at("00:30:00", "2026-10-25")));
    CHECK(text_at(job, "metadata", "annotations",
                  "batch.kubernetes.io/cronjob-scheduled-timestamp")
          == "2026-10-25T02:30:00+02:00");
  }
}

TEST_CASE("a schedule that never fires is told once and left") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 0 31 2 *"));
  cluster.run_for(seconds{60});
  CHECK(cluster.events("InvalidSchedule").size() == 1);
  cluster.run_to(at("00:00:00", "2026-12-21"));
  CHECK(cluster.names(resources::jobs).empty());
}

TEST_CASE("a deleted CronJob makes no more Jobs, a recreated one starts "
          "afresh") {
  virtual_cluster cluster;
  make(cluster, cron_job("0 2 * * *"));
  cluster.settle();
  cluster.view().remove(resources::cron_jobs, {"apps", "c"});
  cluster.run_to(at("03:00:00"));
  CHECK(cluster.names(resources::jobs).empty());
  make(cluster, cron_job("0 2 * * *"));
  cluster.run_to(at("04:00:00"));
  CHECK(cluster.names(resources::jobs).empty());
}

TEST_CASE("A-2 deleting a CronJob removes its Job at once while the pod runs "
          "on") {
  virtual_cluster cluster;
  cluster.behave = [](auto&, auto&, instant) {
    return container_run{.duration = std::nullopt, .patience = seconds{20}};
  };
  make(cluster, cron_job("0 2 * * *"));
  cluster.run_to(at("02:10:00"));
  REQUIRE(cluster.live_pods().size() == 1);
  cluster.view().remove(resources::cron_jobs, {"apps", "c"});
  cluster.run_for(seconds{10});
  CHECK(cluster.names(resources::jobs).empty());
  REQUIRE(cluster.live_pods().size() == 1);
  CHECK(is_deleting(cluster.live_pods().front()));
  CHECK(text_at(cluster.live_pods().front(), "status", "phase") == "Running");
  cluster.run_for(seconds{20});
  CHECK(cluster.pods().empty());
}
