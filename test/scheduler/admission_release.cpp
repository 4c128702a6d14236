#include "admission_place.hpp"
#include "scheduler/run_end.hpp"

using namespace holystone;
using namespace holystone::test::one_location;
using namespace std::chrono_literals;

TEST_CASE("a Job that succeeded frees the Lease and is counted") {
  place here{{a_job("j", job_state::complete)}, {a_pod("j", true, true)}, {}};
  run_outcome end;
  end.succeeded = true;
  end.started = now - 100s;
  end.ended = now - 10s;
  here.pods[0].outcome = end;
  auto step = here.held_by("j").ask();
  REQUIRE(releases(step));
  CHECK(std::get<release_lease>(step).known.success_started == now - 100s);
  CHECK(std::get<release_lease>(step).known.counted == object_uid{"j"});
  CHECK(std::get<release_lease>(step).outcome == end);
}

TEST_CASE(
    "a Job that ended before the one that was counted last is not counted "
    "again") {
  place here{{a_job("j", job_state::failed)}, {a_pod("j", true, true)}, {}};
  here.jobs[0].finished = now - 1h;
  here.held_by("j").lease.known.counted = {"later"};
  here.lease.known.counted_at = now - 10min;
  here.lease.known.failures = 2;
  auto step = here.ask();
  REQUIRE(releases(step));
  CHECK(std::get<release_lease>(step).known == here.lease.known);
  // A clock that was ahead wrote this; it must not hide what ends now.
  here.lease.known.counted_at = now + 400 * 24h;
  CHECK(std::get<release_lease>(here.ask()).known.failures == 3);
}

TEST_CASE("a run that is given up is put in order by the cluster's clock") {
  place here{{a_job("j", job_state::running)}, {}, {}};
  here.jobs[0].started = now - 48h;
  here.jobs[0].deleting = true;
  here.held_by("j").lease.deadline = now - 1h;
  auto step = here.ask();
  REQUIRE(releases(step));
  CHECK(std::get<release_lease>(step).known.counted == object_uid{"j"});
  CHECK(std::get<release_lease>(step).known.counted_at == now - 48h);
}

TEST_CASE("a Job that succeeded proves that its pod ended, seen or not") {
  place here{{a_job("j", job_state::complete)}, {}, {}};
  here.jobs[0].started = now - 100s;
  here.jobs[0].finished = now - 50s;
  auto step = here.held_by("j").ask();
  REQUIRE(releases(step));
  CHECK(std::get<release_lease>(step).known.success_ended == now - 50s);
}

TEST_CASE("a Secret is blamed for the run that it was used in, not the one "
          "that is there when the run ends") {
  auto failed = a_pod("j", true, true);
  failed.outcome
      = run_outcome{false,     maintenance_kind::full,        now - 90s,
                    now - 80s, failure_class::authentication, "no",
                    ""};
  place here{{a_job("j", job_state::failed)}, {failed}, {}};
  here.held_by("j").lease.secret = "app/kopia@0";
  auto step = here.ask();
  REQUIRE(releases(step));
  CHECK(std::get<release_lease>(step).known.refused_secrets
        == std::vector{std::string{"app/kopia@0"}});
  // Nobody knows what it used: nobody is blamed.
  here.lease.secret.clear();
  CHECK(std::get<release_lease>(here.ask()).known.refused_secrets.empty());
}

TEST_CASE("the Lease says with which Secret its holder was let in") {
  place here{{a_job("j")}, {}, {}};
  CHECK(std::get<acquire_lease>(here.ask()).secret == "app/kopia@1");
  here.held_by("j");
  CHECK(uid_in<resume_job>(here.ask()) == "j");
  // The Secret was edited between the two.
  here.lease.secret = "app/kopia@0";
  CHECK(uid_in<acquire_lease>(here.ask()) == "j");
}

TEST_CASE("the newest of a Job's reports counts") {
  auto bad = a_pod("j", true, true);
  bad.outcome = run_outcome{false,     maintenance_kind::full, now - 90s,
                            now - 80s, failure_class::network, "no",
                            ""};
  auto good = a_pod("j", true, true);
  good.key.name += "-2";
  good.outcome = run_outcome{true,      maintenance_kind::full, now - 60s,
                             now - 20s, failure_class::none,    "",
                             "id"};
  place here{{a_job("j", job_state::complete)}, {good, bad}, {}};
  auto step = here.held_by("j").ask();
  REQUIRE(releases(step));
  CHECK(std::get<release_lease>(step).known.failures == 0);
}

TEST_CASE("a Job that failed without a report is counted by its condition") {
  auto job = a_job("j", job_state::failed);
  job.reason = "DeadlineExceeded";
  job.message = "Job was active longer than specified deadline";
  place here{{job}, {a_pod("j", true, true)}, {}};
  auto step = here.held_by("j").ask();
  REQUIRE(releases(step));
  const auto& known = std::get<release_lease>(step).known;
  CHECK(known.failures == 1);
  CHECK(known.failure == failure_class::timeout);
  CHECK_THAT(known.failure_message,
             Catch::Contains("volsync-system/job-j")
                 && Catch::Contains("longer than specified"));
}

TEST_CASE("a run whose image could not be pulled is told by that") {
  auto job = a_job("j", job_state::failed);
  job.reason = "DeadlineExceeded";
  auto pod = a_pod("j", true, true);
  pod.obstacle = "image i can't be pulled (ErrImagePull)";
  place here{{job}, {pod}, {}};
  auto step = here.held_by("j").ask();
  REQUIRE(releases(step));
  CHECK_THAT(std::get<release_lease>(step).known.failure_message,
             Catch::Contains("its pod never ran: image i can't be pulled"));
}

TEST_CASE("A-5: a failed Job whose pod nobody saw end holds the Lease until "
          "the deadline, and says how to free it") {
  place here{{a_job("j", job_state::failed)}, {}, {}};
  here.held_by("j");
  here.jobs[0].finished = now - 1min;
  auto step = here.ask();
  CHECK_THAT(reason_of(step),
             Catch::Contains("holystone release here --namespace "
                             "volsync-system"));
  CHECK(std::get<stand_by>(step).wake == here.lease.deadline);
  CHECK_FALSE(releases(here.ask(*here.lease.deadline - 1s)));
  CHECK(releases(here.ask(*here.lease.deadline)));
}

TEST_CASE("A-5: one pod that ended does not speak for another that was lost") {
  // Two attempts were made; one was seen to end, nobody knows of the other.
  auto job = a_job("j", job_state::failed);
  job.pods = 2;
  place here{{job}, {a_pod("j", true, true)}, {}};
  here.held_by("j");
  CHECK_FALSE(releases(here.ask()));
  here.jobs[0].pods = 1;
  CHECK(releases(here.ask()));
}

TEST_CASE("A-5: a failed Job with a pod that still runs holds the Lease") {
  place here{{a_job("j", job_state::failed)}, {a_pod("j")}, {}};
  here.held_by("j");
  CHECK_FALSE(releases(here.ask()));
  here.pods[0].ended = true;
  CHECK(releases(here.ask()));
}

TEST_CASE(
    "a holder that is gone frees the Lease when its pod was seen to end") {
  place here{{}, {a_pod("j", true, true)}, {}};
  here.held_by("j");
  here.holder_pods = 1;
  CHECK(releases(here.ask()));
  // There was another, or nobody knows how many there were.
  here.holder_pods = 2;
  CHECK_FALSE(releases(here.ask()));
  here.holder_pods.reset();
  CHECK_FALSE(releases(here.ask()));
  here.pods.clear();
  CHECK_FALSE(releases(here.ask()));
}

TEST_CASE("a holder that went before it was ever resumed frees the Lease") {
  place here;
  here.held_by("j");
  here.never_resumed = {"j"};
  CHECK(releases(here.ask()));
  CHECK_FALSE(std::get<release_lease>(here.ask()).outcome);
  here.never_resumed = {"another"};
  CHECK_FALSE(releases(here.ask()));
}

TEST_CASE("a Lease without a deadline whose holder is gone is not held for "
          "ever") {
  place here;
  here.held_by("j");
  here.lease.deadline.reset();
  here.lease.acquired = now - here.limits.longest_possible() * 2;
  CHECK(releases(here.ask()));
  here.lease.acquired = now - 1h;
  CHECK_FALSE(releases(here.ask()));
}

TEST_CASE("is_live: ended pods are not, vanished ones for a bounded time") {
  run_limits limits;
  CHECK(is_live(a_pod("j"), limits, now));
  CHECK(is_live(a_pod("j", false), limits, now));
  CHECK_FALSE(is_live(a_pod("j", true, true), limits, now));
  auto lost = a_pod("j");
  lost.vanished = now;
  CHECK(is_live(lost, limits, now + limits.longest_possible() - 1s));
  CHECK_FALSE(is_live(lost, limits, now + limits.longest_possible()));
}
