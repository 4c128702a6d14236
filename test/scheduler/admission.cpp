#include "admission_place.hpp"

using namespace holystone;
using namespace holystone::test::one_location;
using namespace std::chrono_literals;

TEST_CASE("nothing waits: nothing is done and nothing is said") {
  place here;
  CHECK(reason_of(here.ask()).empty());
  here.jobs
      = {a_job("done", job_state::complete), a_job("bad", job_state::failed)};
  CHECK(reason_of(here.ask()).empty());
}

TEST_CASE("a waiting Job takes the free Lease, with a deadline that covers "
          "the longest possible run") {
  place here{{a_job("j")}, {}, {}};
  auto step = here.ask();
  CHECK(uid_in<acquire_lease>(step) == "j");
  // Last pod start + pod deadline + grace + a minute.
  CHECK(std::get<acquire_lease>(step).deadline
        >= now + 10800s + 10860s + 30s + 60s);
}

TEST_CASE("the oldest waiting Job is first, then the lesser name") {
  auto old = a_job("z");
  old.created = now - 60s;
  CHECK(uid_in<acquire_lease>(place{{a_job("a"), old}, {}, {}}.ask()) == "z");
  CHECK(uid_in<acquire_lease>(place{{a_job("b"), a_job("a")}, {}, {}}.ask())
        == "a");
}

TEST_CASE("the holder is resumed, and only the holder") {
  place here{{a_job("a"), a_job("b")}, {}, {}};
  CHECK(uid_in<resume_job>(here.held_by("b").ask()) == "b");
}

TEST_CASE("while the holder runs everybody else waits") {
  place here{{a_job("a", job_state::running), a_job("b")}, {}, {}};
  CHECK(reason_of(here.held_by("a").ask()) == "Job volsync-system/job-a runs");
}

TEST_CASE("A-1: the holder is not resumed while a pod of it has not ended") {
  place here{{a_job("j")}, {a_pod("j")}, {}};
  here.held_by("j");
  CHECK_THAT(reason_of(here.ask()), Catch::Contains("pod-of-j"));
  here.pods[0].ended = true;
  CHECK(uid_in<resume_job>(here.ask()) == "j");
}

TEST_CASE("the holder is not resumed while anybody else's pod has not ended") {
  place here{{a_job("j")}, {a_pod("other")}, {}};
  here.held_by("j");
  CHECK_THAT(reason_of(here.ask()), Catch::Contains("pod-of-other"));
}

TEST_CASE("the holder is not resumed while a foreign Job runs") {
  auto foreign = a_job("f", job_state::running);
  foreign.ours = false;
  place here{{a_job("j"), foreign}, {}, {}};
  CHECK_THAT(reason_of(here.held_by("j").ask()), Catch::Contains("not ours"));
}

TEST_CASE("A-5: a resume that comes late takes the Lease anew first, so that "
          "its deadline still covers the run") {
  place here{{a_job("j")}, {}, {}};
  here.held_by("j");
  CHECK(uid_in<resume_job>(here.ask()) == "j");
  CHECK(uid_in<acquire_lease>(here.ask(now + 1h)) == "j");
  here.lease.deadline.reset();
  CHECK(uid_in<acquire_lease>(here.ask()) == "j");
}

TEST_CASE("a Job of ours that runs without the Lease is suspended again") {
  place here{{a_job("j", job_state::running)}, {}, {}};
  CHECK(uid_in<suspend_job>(here.ask()) == "j");
  here.jobs.push_back(a_job("holder", job_state::running));
  CHECK(uid_in<suspend_job>(here.held_by("holder").ask()) == "j");
}

TEST_CASE("a Job that can't be suspended holds up no other safe step") {
  auto late = scheduled(a_job("late"), now - 60s);
  place here{{a_job("bad", job_state::running), late}, {}, {}};
  here.since = now;
  here.blocked = {"job/volsync-system/job-bad"};
  CHECK(uid_in<drop_job>(here.ask()) == "late");
  here.jobs[1] = a_job("done", job_state::complete);
  CHECK(releases(here.held_by("done").ask()));
}

TEST_CASE("while a Job that can't be suspended runs, nobody else starts") {
  place here{{a_job("bad", job_state::running), a_job("j")}, {}, {}};
  here.blocked = {"job/volsync-system/job-bad"};
  CHECK_THAT(reason_of(here.ask()),
             Catch::Contains("job-bad, which does not hold the Lease"));
  CHECK_THAT(reason_of(here.held_by("j").ask()), Catch::Contains("job-bad"));
  here.jobs[0].state = job_state::failed;
  CHECK(uid_in<resume_job>(here.ask()) == "j");
}

TEST_CASE("a Job that can't be dropped or replaced is passed over") {
  auto old = scheduled(a_job("old"), now - 60s);
  auto older = scheduled(a_job("older"), now - 120s);
  place here{{older, old}, {}, {}};
  here.since = now;
  here.blocked = {"job/volsync-system/job-older"};
  CHECK(uid_in<drop_job>(here.ask()) == "old");
  auto outdated = a_job("a");
  outdated.template_digest = "t0";
  here.jobs = {outdated, a_job("b")};
  here.blocked = {"job/volsync-system/job-a"};
  CHECK(uid_in<acquire_lease>(here.ask()) == "b");
  here.jobs.pop_back();
  CHECK_THAT(reason_of(here.ask()), Catch::Contains("job-a"));
}

TEST_CASE("a foreign Job that runs is not touched but waited for") {
  auto foreign = a_job("f", job_state::running);
  foreign.ours = false;
  place here{{a_job("j"), foreign}, {}, {}};
  CHECK_THAT(reason_of(here.ask()), Catch::Contains("not ours"));
}

TEST_CASE("a live pod of an earlier Job keeps the Lease from being taken") {
  place here{{a_job("j")}, {a_pod("gone")}, {}};
  CHECK_THAT(reason_of(here.ask()), Catch::Contains("pod-of-gone"));
  here.pods[0].ended = true;
  CHECK(uid_in<acquire_lease>(here.ask()) == "j");
}

TEST_CASE(
    "A-5: a pod that vanished without an end counts until it cannot run") {
  place here{{a_job("j")}, {a_pod("gone")}, {}};
  here.pods[0].vanished = now - 1h;
  CHECK_THAT(reason_of(here.ask()), Catch::Contains("pod-of-gone"));
  CHECK(uid_in<acquire_lease>(here.ask(now + here.limits.longest_possible()))
        == "j");
}

TEST_CASE("without a grant a Job waits for a place and says so") {
  place here{{a_job("j")}, {}, {}};
  here.granted = false;
  auto step = here.ask();
  REQUIRE(std::holds_alternative<stand_by>(step));
  CHECK(std::get<stand_by>(step).wants_grant);
}

TEST_CASE("a holder goes on although the limit is reached meanwhile") {
  place here{{a_job("j")}, {}, {}};
  here.granted = false;
  CHECK(uid_in<resume_job>(here.held_by("j").ask()) == "j");
}

TEST_CASE("a slot is dropped while a Job of its kind waits or runs") {
  auto first = scheduled(a_job("a"));
  first.created = now - 60s;
  place here{{first, scheduled(a_job("b"))}, {}, {}};
  CHECK(uid_in<drop_job>(here.ask()) == "b");
  here.jobs[0].state = job_state::running;
  here.held_by("a");
  CHECK(uid_in<drop_job>(here.ask()) == "b");
}

TEST_CASE("a full that waits satisfies a waiting quick, but not the reverse") {
  auto quick = scheduled(a_job("q"));
  quick.kind = maintenance_kind::quick;
  place here{{quick, a_job("full")}, {}, {}};
  CHECK(uid_in<drop_job>(here.ask()) == "q");
  auto older_quick = quick;
  older_quick.created = now - 60s;
  here.jobs = {older_quick, scheduled(a_job("full"))};
  CHECK(uid_in<drop_job>(here.ask()) == "q");
}

TEST_CASE("a full that is dropped itself satisfies no quick") {
  auto quick = scheduled(a_job("q"));
  quick.kind = maintenance_kind::quick;
  place here{{quick, scheduled(a_job("full"))}, {}, {}};
  here.interval = 24h;
  here.lease.known.success_ended = now - 1h;
  CHECK(uid_in<drop_job>(here.ask()) == "full");
  here.jobs.pop_back();
  CHECK(uid_in<acquire_lease>(here.ask()) == "q");
}

TEST_CASE("a kind that nobody asks for any more loses its Jobs, the other "
          "goes on") {
  auto quick = a_job("q");
  quick.kind = maintenance_kind::quick;
  place here{{quick, a_job("f")}, {}, {}};
  here.quick_digest.clear();
  CHECK(uid_in<drop_job>(here.ask()) == "q");
  here.jobs[0].deleting = true;
  CHECK(uid_in<acquire_lease>(here.ask()) == "f");
}

TEST_CASE("Jobs made by hand are never dropped while somebody claims") {
  auto first = a_job("a", job_state::running);
  place here{{first, a_job("m1"), a_job("m2")}, {}, {}};
  here.since = now + 1h;
  here.interval = 24h * 7;
  here.lease.known.success_started = now;
  here.lease.known.success_ended = now;
  CHECK(reason_of(here.held_by("a").ask()) == "Job volsync-system/job-a runs");
}

TEST_CASE("A-12: a slot older than the schedule in force is dropped") {
  place here{{scheduled(a_job("j"), now - 60s)}, {}, {}};
  here.since = now - 59s;
  CHECK_THAT(reason_of(here.ask()), Catch::Contains("A-12"));
  here.since = now - 60s;
  CHECK(uid_in<acquire_lease>(here.ask()) == "j");
}

TEST_CASE("A-13: a slot that the last full run already covered is dropped") {
  place here{{scheduled(a_job("j"), now - 60s)}, {}, {}};
  here.lease.known.success_started = now - 60s;
  CHECK_THAT(reason_of(here.ask()), Catch::Contains("A-13"));
  here.lease.known.success_started = now - 61s;
  CHECK(uid_in<acquire_lease>(here.ask()) == "j");
}

TEST_CASE("A-13: a slot that fell due while a scheduled Job waited or ran is "
          "not made up for") {
  auto before = scheduled(a_job("before", job_state::failed), now - 200s);
  before.created = now - 190s;
  before.finished = now - 30s;
  auto slot_of = [&](instant slot) {
    return place{{before, scheduled(a_job("j"), slot)}, {}, {}};
  };
  CHECK_THAT(reason_of(slot_of(now - 30s).ask()), Catch::Contains("A-13"));
  CHECK_THAT(reason_of(slot_of(now - 190s).ask()), Catch::Contains("A-13"));
  CHECK(uid_in<acquire_lease>(slot_of(now - 29s).ask()) == "j");
  // One made by hand uses up no slot.
  before.slot = {};
  CHECK(uid_in<acquire_lease>(slot_of(now - 60s).ask()) == "j");
}

TEST_CASE("A-13: a slot goes before a Job made by hand after it, so that the "
          "hand does not use the slot up") {
  // The controller was slow: its Job came after the one made by hand.
  auto slot = scheduled(a_job("z"), now - 10s);
  slot.created = now;
  auto hand = a_job("a");
  hand.created = now - 5s;
  place here{{slot, hand}, {}, {}};
  CHECK(uid_in<acquire_lease>(here.ask()) == "z");
  // One made by hand before the slot was first in the queue, and stays it.
  here.jobs[1].created = now - 11s;
  CHECK(uid_in<acquire_lease>(here.ask()) == "a");
}

TEST_CASE("A-13: a run by hand that began after the slot covers it, one that "
          "began before does not") {
  place here{{scheduled(a_job("j"), now - 10s)}, {}, {}};
  here.lease.known.success_started = now - 9s;
  CHECK(uid_in<drop_job>(here.ask()) == "j");
  here.lease.known.success_started = now - 11s;
  CHECK(uid_in<acquire_lease>(here.ask()) == "j");
}

TEST_CASE("maintenanceIntervalDays: never earlier than n days after success") {
  place here{{scheduled(a_job("j"), now)}, {}, {}};
  here.interval = 24h * 3;
  here.lease.known.success_ended = now - 24h * 3 + 1s;
  CHECK_THAT(reason_of(here.ask()), Catch::Contains("maintenanceIntervalDays"));
  here.lease.known.success_ended = now - 24h * 3;
  CHECK(uid_in<acquire_lease>(here.ask()) == "j");
}

TEST_CASE("A-9: what is dropped is what was seen, by UID and version, and "
          "never a Job that runs or is finished") {
  auto late = scheduled(a_job("j"), now - 60s);
  late.version = {"41"};
  place here{{late}, {}, {}};
  here.since = now;
  auto step = here.ask();
  REQUIRE(uid_in<drop_job>(step) == "j");
  CHECK(std::get<drop_job>(step).job.version == resource_version{"41"});
  here.jobs[0].state = job_state::running;
  CHECK(reason_of(here.held_by("j").ask()) == "Job volsync-system/job-j runs");
  here.jobs[0].state = job_state::complete;
  CHECK(releases(here.ask()));
}

TEST_CASE("A-10: a Job is resumed only as the Lease's holder") {
  place here{{a_job("a")}, {}, {}};
  here.lease.exists = true;
  CHECK(uid_in<acquire_lease>(here.ask()) == "a");
  here.held_by("somebody else");
  here.never_resumed = {"somebody else"};
  CHECK(uid_in<resume_job>(here.ask()) == "another step");
}

TEST_CASE("A-4: a waiting Job of another location or template is replaced") {
  place here{{a_job("j")}, {}, {}};
  here.jobs[0].location = "elsewhere";
  CHECK(uid_in<replace_job>(here.ask()) == "j");
  here.jobs[0].location = "here";
  here.jobs[0].template_digest = "t0";
  CHECK(uid_in<replace_job>(here.ask()) == "j");
  CHECK(uid_in<replace_job>(here.held_by("j").ask()) == "j");
  here.jobs[0].template_digest = "t1";
  CHECK(uid_in<resume_job>(here.ask()) == "j");
}

TEST_CASE("a replacement is not taken for a duplicate of what it replaces") {
  auto old = scheduled(a_job("old"));
  old.created = now - 60s;
  old.template_digest = "t0";
  place here{{old, scheduled(a_job("new"))}, {}, {}};
  auto step = here.ask();
  CHECK(
      (uid_in<replace_job>(step) == "old" || uid_in<drop_job>(step) == "old"));
}

TEST_CASE("A-4: a Job that was made anew is not made anew again when the "
          "template changes before it has gone") {
  auto old = a_job("old");
  old.template_digest = "t0";
  auto made = a_job("made");
  made.made_for = old.uid;
  made.template_digest = "t1";
  made.state = job_state::complete;
  made.finished = now;
  place here{{old, made}, {}, {}};
  CHECK(uid_in<drop_job>(here.ask()) == "old");
  here.jobs[1].made_for = {"another"};
  CHECK(uid_in<replace_job>(here.ask()) == "old");
}

TEST_CASE(
    "nobody claims any more: what waits is dropped, made by hand or not") {
  place here{{a_job("m")}, {}, {}};
  here.digest.clear();
  CHECK(uid_in<drop_job>(here.ask()) == "m");
  here.jobs = {a_job("h")};
  CHECK(uid_in<drop_job>(here.held_by("h").ask()) == "h");
}

TEST_CASE("a Job that is being deleted is neither resumed nor dropped again") {
  auto going = a_job("j");
  going.deleting = true;
  place here{{going}, {}, {}};
  CHECK(reason_of(here.ask()).empty());
  CHECK_THAT(reason_of(here.held_by("j").ask()),
             Catch::Contains("being deleted"));
}

TEST_CASE("jitter puts off a scheduled Job, never one made by hand") {
  std::vector<job_fact> jobs{scheduled(a_job("slot"), now)};
  lease_fact lease;
  admission_view view{jobs, {},   lease, "here", {"t1", "t1"}, {}, 0s,
                      {},   true, {},    {}};
  view.lag = 60s;
  auto early = admit(view, now + 59s);
  REQUIRE(std::holds_alternative<stand_by>(early));
  CHECK(std::get<stand_by>(early).wake == now + 60s);
  CHECK(uid_in<acquire_lease>(admit(view, now + 60s)) == "slot");
  jobs.push_back(a_job("hand"));
  CHECK(uid_in<acquire_lease>(admit(view, now)) == "hand");
}

TEST_CASE("without jitter a Job is not put off by a clock that is behind") {
  place here;
  here.jobs = {scheduled(a_job("slot"), now + 10s)};
  CHECK(uid_in<acquire_lease>(here.ask()) == "slot");
}
