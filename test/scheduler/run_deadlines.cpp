#include "admission_place.hpp"

#include "scheduler/run_end.hpp"

using namespace holystone;
using namespace holystone::test::one_location;
using namespace std::chrono_literals;

// Claims say how long their runs may last (contract section 7), and the winner
// changes while Jobs of the last one run.

namespace {

run_limits lasting(seconds deadline) {
  run_limits limits;
  limits.job_deadline = deadline;
  return limits;
}

} // namespace

TEST_CASE("A-5: the Lease is taken for as long as this Job may run") {
  for (auto deadline : {600s, 10800s, 100000s}) {
    place here;
    here.jobs = {a_job("next")};
    here.jobs[0].deadline = deadline;
    auto step = here.ask();
    REQUIRE(uid_in<acquire_lease>(step) == "next");
    CHECK(std::get<acquire_lease>(step).deadline
          == lasting(deadline).deadline_from(now));
  }
}

TEST_CASE("A-5: a Lease that was taken for a shorter run is taken anew before "
          "the Job is resumed") {
  place here;
  here.jobs = {a_job("next")};
  here.held_by("next");
  CHECK(uid_in<resume_job>(here.ask()) == "next");
  here.jobs[0].deadline = 100000s;
  CHECK(uid_in<acquire_lease>(here.ask()) == "next");
}

TEST_CASE("A-5: a run is waited for as long as its own deadline says, whatever "
          "the winner says by now") {
  for (auto deadline : {600s, 100000s}) {
    place here;
    auto job = a_job("lost", job_state::running);
    job.started = now;
    job.deadline = deadline;
    auto pod = a_pod("lost");
    pod.bounded_since = now;
    pod.deadline = deadline + 60s;
    here.jobs = {job, a_job("next")};
    here.pods = {pod};
    here.held_by("lost");
    // What the Lease says is not long enough, or was never written.
    here.lease.acquired = now;
    here.lease.deadline.reset();
    auto late = lasting(deadline).deadline_from(now);
    CHECK_FALSE(releases(here.ask(late - 1s)));
    CHECK(uid_in<drop_job>(here.ask(late - 1s)) != "lost");
    CHECK(uid_in<drop_job>(here.ask(late)) == "lost");
  }
}

TEST_CASE("A-5: pods and leaving Jobs are counted by their own deadlines") {
  auto own = lasting(100000s).longest_possible();
  auto pod = a_pod("lost");
  pod.vanished = now;
  pod.deadline = 100060s;
  CHECK(is_live(pod, run_limits{}, now + own - 1s));
  CHECK_FALSE(is_live(pod, run_limits{}, now + own));
  auto job = a_job("lost", job_state::running);
  job.started = now;
  job.deleting = true;
  job.deadline = 100000s;
  CHECK_FALSE(is_spent(job, run_limits{}, now + own - 1s));
  CHECK(is_spent(job, run_limits{}, now + own));
}

TEST_CASE("A-5: what has no deadline of its own has the operator's") {
  auto usual = run_limits{}.longest_possible();
  auto pod = a_pod("lost");
  pod.vanished = now;
  CHECK(is_live(pod, run_limits{}, now + usual - 1s));
  CHECK_FALSE(is_live(pod, run_limits{}, now + usual));
}
