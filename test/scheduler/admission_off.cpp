#include "scheduler/admission_off.hpp"

#include "quiet_cluster.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

/// Nothing of the admission is left: nobody holds, nobody waits.
void check_calm(const quiet_cluster& q) {
  CHECK_FALSE(q.cluster.lease.holder);
  for (const auto& [name, job] : q.cluster.jobs)
    CHECK(job.fact.state != job_state::waiting);
}

/// Admission is off, and so many Jobs that were made by hand run at once.
void overlap(quiet_cluster& q, unsigned count) {
  q.cluster.admission = false;
  q.may_overlap = true;
  q.cluster.run_time = 100s;
  q.cluster.claim("a", "0 5 * * *");
  q.live(20s);
  for (unsigned i = 0; i < count; ++i)
    q.cluster.create_job(maintenance_kind::full, {}, false);
  q.live(30s);
  REQUIRE(q.cluster.maintaining() == count);
}

std::size_t waiting(const quiet_cluster& q) {
  std::size_t count = 0;
  for (const auto& [name, job] : q.cluster.jobs)
    count += job.fact.state == job_state::waiting ? 1 : 0;
  return count;
}

std::size_t finished(const quiet_cluster& q) {
  std::size_t count = 0;
  for (const auto& [name, job] : q.cluster.jobs)
    count += job.fact.state == job_state::complete ? 1 : 0;
  return count;
}

} // namespace

TEST_CASE("without admission CronJobs are plain, nobody holds the Lease, and "
          "results are still counted") {
  quiet_cluster q;
  q.cluster.admission = false;
  q.may_overlap = true;
  q.cluster.claim("a", "0 * * * *", "30 * * * *");
  q.live(20s);
  CHECK_FALSE(q.full().holds_jobs);
  CHECK_FALSE(q.quick().holds_jobs);
  for (int i = 0; i < 60; ++i) {
    q.live(3min);
    CHECK_FALSE(q.cluster.lease.holder);
  }
  CHECK(q.done.full == slots{"00:00", "01:00", "02:00"});
  CHECK(q.done.quick == slots{"00:30", "01:30"});
  CHECK(
      to_rfc3339(*q.status().last_maintenance).starts_with("2026-11-21T02:0"));
  CHECK(q.status().failures == 0);
  q.cluster.failure = 1;
  q.live(2h);
  CHECK(q.status().failures == 2);
  q.cluster.claimants.clear();
  q.live(5min);
  CHECK_FALSE(q.cluster.lease.exists);
  CHECK(q.cluster.jobs.empty());
}

TEST_CASE("without admission no slot is dropped for maintenanceIntervalDays, "
          "and the status does not promise it") {
  quiet_cluster q;
  q.cluster.admission = false;
  q.cluster.claim("a", "0 * * * *");
  q.first().settings.interval_days = 3;
  q.live(2h);
  CHECK(q.done.full == slots{"00:00", "01:00"});
  CHECK(to_rfc3339(*q.status().next_maintenance) == "2026-11-21T02:00:00Z");
}

TEST_CASE("a Job that somebody suspended stays suspended without admission") {
  quiet_cluster q;
  q.cluster.admission = false;
  q.cluster.claim("a", "0 5 * * *");
  q.live(20s);
  auto name = q.cluster.create_job(maintenance_kind::full, {}, false);
  q.cluster.jobs.at(name).fact.state = job_state::waiting;
  q.live(5min);
  REQUIRE(q.cluster.jobs.contains(name));
  CHECK(q.cluster.jobs.at(name).fact.state == job_state::waiting);
}

TEST_CASE("switching admission off lets the runs end and the waiting go") {
  quiet_cluster q;
  q.cluster.run_time = 100s;
  q.cluster.claim("a", "0 5 * * *");
  q.live(20s);
  for (int i = 0; i < 3; ++i)
    q.cluster.create_job(maintenance_kind::full, {}, false);
  q.live(30s);
  REQUIRE(q.cluster.lease.holder);
  REQUIRE(q.cluster.maintaining() == 1);
  q.cluster.admission = false;
  for (int i = 0; i < 600; ++i) {
    q.live(1s);
    CHECK(q.cluster.maintaining() <= 1);
  }
  check_calm(q);
  CHECK(finished(q) == 3);
  CHECK(q.cluster.runs == 3);
}

TEST_CASE("switching admission on stops what runs without the Lease and runs "
          "it again in its turn") {
  quiet_cluster q;
  overlap(q, 2);
  q.cluster.admission = true;
  q.live(60s);
  q.may_overlap = false;
  q.live(10min);
  check_calm(q);
  CHECK(finished(q) == 2);
  CHECK(q.full().holds_jobs);
}

TEST_CASE("what was stopped when admission was switched on is not forgotten "
          "when it is switched off again") {
  quiet_cluster q;
  overlap(q, 3);
  q.cluster.admission = true;
  q.us.hear_all();
  for (int i = 0; i < 3; ++i)
    q.us.step();
  REQUIRE(waiting(q) == 3);
  REQUIRE_FALSE(q.full().holds_jobs);
  q.cluster.admission = false;
  q.live(20min);
  check_calm(q);
  CHECK(finished(q) == 3);
}

TEST_CASE(
    "what was made anew runs once, though admission is switched off before "
    "the old Job has gone") {
  quiet_cluster q;
  overlap(q, 1);
  q.cluster.admission = true;
  q.live(20s);
  REQUIRE(q.cluster.jobs.size() == 1);
  auto old = q.cluster.jobs.begin()->second;
  // It is there again, as if it had never been deleted.
  old.fact.uid = q.cluster.jobs.begin()->second.fact.made_for;
  REQUIRE(old.fact.uid);
  old.fact.made_for = {};
  old.fact.key.name += "-old";
  old.fact.state = job_state::waiting;
  old.fact.held = true;
  old.fact.started.reset();
  q.cluster.jobs.emplace(old.fact.key.name, old);
  q.cluster.admission = false;
  q.live(20min);
  check_calm(q);
  CHECK(finished(q) == 1);
}

TEST_CASE("A-12: neither switch makes up for a slot that fell due while a Job "
          "of its kind waited or ran") {
  for (auto was_on : {true, false}) {
    INFO("admission was on: " << was_on);
    quiet_cluster q;
    q.cluster.limits = {3h, 30s};
    q.cluster.admission = was_on;
    q.may_overlap = true;
    q.cluster.run_time = 100min;
    q.cluster.claim("a", "0 0,1 * * *");
    q.us.facts.granted = false;
    q.live(100min);
    REQUIRE(q.cluster.jobs.size() == 1);
    q.cluster.admission = !was_on;
    q.cluster.run_time = 20s;
    q.us.facts.granted = true;
    q.live(30min);
    check_calm(q);
    CHECK(q.done.full == slots{"00:00"});
  }
}

TEST_CASE("A-14: with a history limit of 0 and no admission a Job stays until "
          "it is counted") {
  quiet_cluster q;
  q.cluster.admission = false;
  q.cluster.claim("a", "0 5 * * *");
  q.first().settings.successful_jobs_history_limit = 0;
  q.live(20s);
  auto name = q.cluster.create_job(maintenance_kind::full, {}, false);
  while (q.cluster.jobs.at(name).fact.state != job_state::complete)
    q.cluster.pass(1s);
  // What the pods' watch has to say comes late.
  q.us.hear(3);
  q.us.facts.pods = {q.cluster.pods.front().fact};
  q.us.facts.pods[0].ended = false;
  CHECK(std::holds_alternative<std::monostate>(q.us.decide().action));
  q.live(20s);
  CHECK(q.status().last_maintenance);
  CHECK(q.cluster.jobs.empty());
}

TEST_CASE("without admission a Secret is blamed for the runs that used it "
          "only") {
  auto view_of = [](const std::string& used) {
    job_fact job;
    job.key = {"volsync-system", "j"};
    job.uid = {"j"};
    job.location = "here";
    job.state = job_state::failed;
    job.finished = *parse_rfc3339("2026-11-21T02:00:00Z");
    job.secret = used;
    return job;
  };
  for (std::string used : {"a/kopia@1", ""}) {
    std::vector<job_fact> jobs{view_of(used)};
    run_outcome outcome;
    outcome.why = failure_class::authentication;
    outcome.ended = *jobs[0].finished;
    pod_fact pod;
    pod.job = {"j"};
    pod.bound = true;
    std::vector<pod_fact> pods{pod};
    lease_fact lease;
    admission_view view{jobs, pods, lease, "here",      {"t", "t"}, {},
                        0s,   {},   true,  "a/kopia@2", {}};
    auto now = *jobs[0].finished + 1s;
    // The pod's report comes after the Job's end.
    CHECK(std::get<stand_by>(follow(view, now)).wake
          == *jobs[0].finished + 60s);
    pods[0].ended = true;
    pods[0].outcome = outcome;
    auto counted = std::get<release_lease>(follow(view, now));
    CHECK(fmt::format("{}", fmt::join(counted.known.refused_secrets, " "))
          == used);
    CHECK(counted.known.failures == 1);
    CHECK(counted.known.counted_at == jobs[0].finished);
    lease.known = counted.known;
    CHECK(std::holds_alternative<stand_by>(follow(view, now)));
  }
}

TEST_CASE("on, off and on again at any time ends in peace, with each slot run "
          "at most once") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    quiet_cluster q;
    q.may_overlap = true;
    q.cluster.random.seed(seed);
    q.cluster.claim("a", "*/20 * * * *", "*/7 * * * *");
    for (int i = 0; i < 12; ++i) {
      q.cluster.admission = q.cluster.chance(0.5);
      q.live(seconds{30 + q.cluster.below(700)});
    }
    q.cluster.admission = true;
    q.first().settings.schedule = "0 12 * * *";
    q.first().settings.quick_schedule.clear();
    q.live(10min);
    q.may_overlap = false;
    q.live(20min);
    check_calm(q);
    CHECK_FALSE(q.cluster.cron_jobs.quick.exists);
  }
}
