#include "scheduler/admission.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

const instant now = *parse_rfc3339("2026-11-21T02:00:10Z");

job_fact a_job(std::string uid, job_state state = job_state::waiting) {
  job_fact job;
  job.key = {"volsync-system", "job-" + uid};
  job.uid = {std::move(uid)};
  job.version = {"7"};
  job.created = now - 10s;
  job.state = state;
  job.location = "here";
  job.template_digest = "t1";
  return job;
}

job_fact scheduled(job_fact job, instant slot = now - 10s) {
  job.slot = slot;
  return job;
}

pod_fact a_pod(std::string job, bool bound = true, bool ended = false) {
  pod_fact pod;
  pod.key = {"volsync-system", "pod-of-" + job};
  pod.uid = {"p-" + job};
  pod.job = {std::move(job)};
  pod.bound = bound;
  pod.ended = ended;
  return pod;
}

/// What is known of one location, and the question.
struct place {
  std::vector<job_fact> jobs;
  std::vector<pod_fact> pods;
  lease_fact lease;
  std::string digest = "t1";
  std::string quick_digest = "t1";
  std::optional<instant> since{};
  seconds interval{0};
  object_uid never_resumed{};
  bool granted = true;
  run_limits limits{};
  std::vector<std::string> blocked{};

  place& held_by(const std::string& uid) {
    lease.exists = true;
    lease.key = {"volsync-system", "kopia-repository-0123"};
    lease.holder = {uid};
    lease.holder_job = {"volsync-system", "job-" + uid};
    lease.secret = "app/kopia@1";
    lease.deadline = now + limits.longest_possible() + 10min;
    return *this;
  }

  admission_step ask(instant at = now) const {
    admission_view view{jobs,
                        pods,
                        lease,
                        "here",
                        {digest, quick_digest},
                        {since, since},
                        interval,
                        never_resumed,
                        granted,
                        "app/kopia@1",
                        limits};
    view.blocked = [this](const std::string& subject) {
      return std::ranges::count(blocked, subject) > 0;
    };
    return admit(view, at);
  }
};

template <class T>
std::string uid_in(const admission_step& step) {
  const auto* found = std::get_if<T>(&step);
  return found ? found->job.uid.value : "another step";
}

std::string reason_of(const admission_step& step) {
  if (const auto* waits = std::get_if<stand_by>(&step))
    return waits->reason;
  if (const auto* drop = std::get_if<drop_job>(&step))
    return drop->reason;
  return "another step";
}

bool releases(const admission_step& step) {
  return std::holds_alternative<release_lease>(step);
}

} // namespace

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
  here.blocked = {"job/job-bad"};
  CHECK(uid_in<drop_job>(here.ask()) == "late");
  here.jobs[1] = a_job("done", job_state::complete);
  CHECK(releases(here.held_by("done").ask()));
}

TEST_CASE("while a Job that can't be suspended runs, nobody else starts") {
  place here{{a_job("bad", job_state::running), a_job("j")}, {}, {}};
  here.blocked = {"job/job-bad"};
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
  here.blocked = {"job/job-older"};
  CHECK(uid_in<drop_job>(here.ask()) == "old");
  auto outdated = a_job("a");
  outdated.template_digest = "t0";
  here.jobs = {outdated, a_job("b")};
  here.blocked = {"job/job-a"};
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
  CHECK(std::get<release_lease>(step).known.refused_secret == "app/kopia@0");
  // Nobody knows what it used: nobody is blamed.
  here.lease.secret.clear();
  CHECK(std::get<release_lease>(here.ask()).known.refused_secret.empty());
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

TEST_CASE("A-5: a failed Job whose pod nobody saw end holds the Lease until "
          "the deadline, and says how to free it") {
  place here{{a_job("j", job_state::failed)}, {}, {}};
  here.held_by("j");
  auto step = here.ask();
  CHECK_THAT(reason_of(step), Catch::Contains("kubectl -n volsync-system patch lease "
                                               "kopia-repository-0123 "));
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
  CHECK(releases(here.held_by("j").ask()));
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
