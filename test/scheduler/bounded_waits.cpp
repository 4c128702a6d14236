#include "admission_place.hpp"

using namespace holystone;
using namespace holystone::test::one_location;
using namespace std::chrono_literals;

// Nothing that nobody hears of holds a repository for ever.

TEST_CASE("A-5: a holder that outlived its deadline is deleted, then frees the "
          "Lease") {
  place here;
  here.jobs = {a_job("lost", job_state::running), a_job("next")};
  auto pod = a_pod("lost");
  pod.bounded_since = now - 1h;
  here.pods = {pod};
  here.held_by("lost");
  auto late = *here.lease.deadline;
  CHECK_FALSE(releases(here.ask(late - 1s)));
  CHECK(uid_in<drop_job>(here.ask(late)) == "lost");
  here.jobs[0].deleting = true;
  auto step = here.ask(late);
  REQUIRE(releases(step));
  const auto& outcome = std::get<release_lease>(step).outcome;
  REQUIRE(outcome);
  CHECK(outcome->why == failure_class::timeout);
}

TEST_CASE("A-5: a bound pod that never ends holds up the next for so long and "
          "no longer") {
  place here;
  here.jobs = {a_job("next")};
  auto pod = a_pod("lost");
  here.pods = {pod};
  CHECK(uid_in<acquire_lease>(here.ask(now + 24h)) == "another step");
  here.pods[0].bounded_since = now;
  auto until = now + here.limits.longest_possible();
  CHECK(uid_in<acquire_lease>(here.ask(until - 1s)) == "another step");
  CHECK(std::get<stand_by>(here.ask(until - 1s)).wake == until);
  CHECK(uid_in<acquire_lease>(here.ask(until)) == "next");
}

TEST_CASE(
    "A-5: a Job that can't go blocks the next for so long and no longer") {
  place here;
  here.jobs = {a_job("going", job_state::running), a_job("next")};
  here.jobs[0].deleting = true;
  here.jobs[0].started = now;
  auto until = now + here.limits.longest_possible();
  CHECK(uid_in<acquire_lease>(here.ask(until - 1s)) == "another step");
  CHECK(uid_in<acquire_lease>(here.ask(until)) == "next");
}

TEST_CASE("a waiting holder that somebody's finalizer keeps frees the Lease at "
          "its deadline") {
  place here;
  here.jobs = {a_job("kept")};
  here.jobs[0].deleting = true;
  here.held_by("kept");
  // Its pods may still end, and news of them come later than news of it.
  CHECK_FALSE(releases(here.ask(*here.lease.deadline - 1s)));
  auto step = here.ask(*here.lease.deadline);
  REQUIRE(releases(step));
  CHECK_FALSE(std::get<release_lease>(step).outcome);
}

TEST_CASE("a lost pod that holds the Lease is told at once") {
  place here;
  here.held_by("gone");
  here.lease.acquired = now - 1h;
  auto pod = a_pod("gone");
  pod.vanished = now - 59s;
  here.pods = {pod};
  // News of a Job and of its pods come one after another.
  CHECK_FALSE(std::get<stand_by>(here.ask()).is_stuck);
  CHECK(std::get<stand_by>(here.ask()).wake == now + 1s);
  CHECK(std::get<stand_by>(here.ask(now + 1s)).is_stuck);
  here.pods.clear();
  CHECK(std::get<stand_by>(here.ask()).is_stuck);
}

TEST_CASE("a Lease under our name that somebody else holds is left alone") {
  place here;
  here.jobs = {a_job("next")};
  here.lease.exists = true;
  here.lease.key = {"volsync-system", "kopia-repository-0123"};
  here.lease.foreign_holder = "somebody";
  auto step = here.ask();
  REQUIRE(std::holds_alternative<stand_by>(step));
  CHECK(std::get<stand_by>(step).is_stuck);
  CHECK_THAT(reason_of(step), Catch::Contains("kopia-repository-0123")
                                  && Catch::Contains("\"somebody\""));
}

TEST_CASE(
    "what a wrong clock wrote for the future keeps no slot from running") {
  place here;
  here.jobs = {scheduled(a_job("slot"))};
  here.since = now + 365 * 24h;
  here.lease.known.success_started = here.lease.known.success_ended
      = now + 365 * 24h;
  here.interval = 7 * 24h;
  CHECK(uid_in<acquire_lease>(here.ask()) == "slot");
}
