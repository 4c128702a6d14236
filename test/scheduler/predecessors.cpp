#include "scheduler/predecessors.hpp"

#include "repository_room.hpp"
#include "scheduler/home.hpp"

using namespace holystone;
using namespace holystone::scheduler;
using namespace holystone::test::one_repository;

namespace {

/// A CronJob of the fork's in the claim's namespace.
predecessor an_old(std::string name = "kopia-maintenance-d1906fd901e50439") {
  predecessor old;
  old.object.exists = true;
  old.object.key = {"app", name};
  old.object.uid = {"old-" + name};
  old.object.schedule = "0 2 * * *";
  old.object.created = now - 100h;
  old.object.last_schedule = now - 10h;
  old.secret = {"app", "kopia"};
  return old;
}

predecessor a_copy_of_fork() {
  predecessor copy;
  copy.what = predecessor::kind::secret_copy;
  copy.object.key = copy.secret = {ns, "maintenance-app-kopia"};
  copy.object.uid = {"fork-copy"};
  return copy;
}

job_fact a_fork_job(job_state state) {
  auto job = a_job(state);
  job.key = {"app", "old-1"};
  job.uid = {"old-1"};
  job.ours = false;
  job.of_fork = true;
  job.location.clear();
  if (!is_unfinished(job))
    job.finished = now - 10min;
  return job;
}

pod_fact a_fork_pod() {
  pod_fact pod;
  pod.key = {"app", "old-1-x"};
  pod.uid = {"old-1-x"};
  pod.job = {"old-1"};
  pod.bound = true;
  pod.of_fork = true;
  return pod;
}

/// A claim whose copy is made and whose CronJob is not.
room a_room() {
  room r{{a_claim("app")}};
  r.facts.copies = {copy_for(r.facts.claimants[0])};
  return r;
}

/// A room whose CronJob is in its place beside a suspended one of the fork's.
room a_replaced_room() {
  auto r = a_room();
  r.settle().with_statuses();
  r.facts.predecessors = {an_old()};
  r.facts.predecessors[0].object.suspend = true;
  r.facts.predecessors[0].touched = now - 10min;
  return r;
}

template <class Action>
const Action* due(const repository_step& step) {
  return std::get_if<Action>(&step.action);
}

} // namespace

TEST_CASE("the fork's CronJob is suspended first, then ours is made, then the "
          "old one goes and then its copy") {
  auto r = a_room();
  r.facts.predecessors = {an_old(), a_copy_of_fork()};
  r.facts.predecessors[0].secret = a_copy_of_fork().object.key;
  auto first = r.next();
  REQUIRE(due<suspend_predecessor>(first));
  CHECK(due<suspend_predecessor>(first)->uid
        == r.facts.predecessors[0].object.uid);
  r.facts.predecessors[0].object.suspend = true;
  r.facts.predecessors[0].touched = now;
  REQUIRE(due<apply_cron_job>(r.next()));
  r.settle(now).with_statuses();
  // The controller may have made a Job of which nobody has told us yet.
  auto waits = r.next();
  CHECK(rests(waits));
  CHECK(waits.wake == now + 60s);
  auto gone = r.next(now + 60s);
  REQUIRE(due<remove_predecessor>(gone));
  CHECK(due<remove_predecessor>(gone)->what == predecessor::kind::cron_job);
  REQUIRE(gone.events.size() == 1);
  CHECK(gone.events[0].reason == "Migrated");
  CHECK_THAT(gone.events[0].message,
             Catch::Contains("app/kopia-maintenance-d1906fd901e50439")
                 && Catch::Contains("volsync-system/kopia-maintenance-"));
  r.facts.predecessors.erase(r.facts.predecessors.begin());
  auto copy = r.next(now + 61s);
  REQUIRE(due<remove_predecessor>(copy));
  CHECK(due<remove_predecessor>(copy)->key == r.facts.copies[0].key);
  CHECK(due<remove_predecessor>(copy)->uid == object_uid{"fork-copy"});
  r.facts.predecessors.clear();
  CHECK(rests(r.next(now + 62s)));
}

TEST_CASE("without something to put into its place the fork's CronJob goes "
          "on") {
  room r{{a_claim("app")}};
  r.facts.claimants[0].wish.defect = trouble{"Waiting", "no Secret"};
  r.facts.claimants[0].wish.secret_version.clear();
  r.with_statuses();
  r.facts.predecessors = {an_old(), a_copy_of_fork()};
  r.facts.jobs = {a_fork_job(job_state::complete)};
  CHECK(rests(r.next()));
}

TEST_CASE("while the fork's CronJob can't be suspended none of ours is made, "
          "and claimants are told") {
  auto r = a_room();
  r.facts.predecessors = {an_old()};
  auto subject = subject_of(r.next().action);
  r.blocked = {subject};
  r.facts.troubles[subject] = {"forbidden", "Forbidden"};
  auto step = r.next();
  REQUIRE(due<write_status>(step));
  const auto& status = due<write_status>(step)->status;
  CHECK_FALSE(status.ready);
  CHECK_THAT(status.message, Catch::Contains("can't be replaced: forbidden"));
}

TEST_CASE("a running Job of the fork's is waited for, wherever it is") {
  auto r = a_replaced_room();
  r.facts.jobs = {a_fork_job(job_state::running), a_job(job_state::waiting)};
  r.facts.jobs[1].template_digest = "t";
  auto step = r.next();
  CHECK(rests(step));
  CHECK_THAT(step.reason, Catch::Contains("app/old-1"));
  r.facts.jobs[0] = a_fork_job(job_state::complete);
  r.facts.pods = {a_fork_pod()};
  step = r.next();
  CHECK(rests(step));
  CHECK_THAT(step.reason, Catch::Contains("app/old-1-x"));
  r.facts.pods.clear();
  CHECK(due<acquire_lease>(r.next()));
}

TEST_CASE("what the CronJob controller counts as active is waited for, even if "
          "the Job has no label of the fork's") {
  auto r = a_replaced_room();
  r.facts.predecessors[0].active = true;
  r.facts.jobs = {a_job(job_state::waiting)};
  r.facts.jobs[0].template_digest = "t";
  auto step = r.next();
  CHECK(rests(step));
  CHECK_THAT(step.reason, Catch::Contains("of the VolSync fork runs"));
}

TEST_CASE("finished Jobs of the fork's go when they can't tell of a slot any "
          "more") {
  auto r = a_replaced_room();
  r.facts.jobs = {a_fork_job(job_state::failed)};
  r.facts.jobs[0].finished = now - 59s;
  auto step = r.next();
  REQUIRE(due<remove_predecessor>(step));
  r.facts.predecessors.clear();
  step = r.next();
  CHECK(rests(step));
  CHECK(step.wake == now + 1s);
  step = r.next(now + 1s);
  REQUIRE(due<drop_job>(step));
  CHECK(step.events.empty());
}

TEST_CASE("no slot runs twice: what the fork's CronJob has used is dropped") {
  auto r = a_replaced_room();
  auto slot = now - 30s;
  r.facts.cron_jobs.full.effective_since = now - 1h;
  r.facts.jobs = {a_fork_job(job_state::complete), a_job(job_state::waiting)};
  r.facts.jobs[0].slot = slot;
  r.facts.jobs[0].finished = now - 10s;
  r.facts.jobs[1].slot = slot;
  r.facts.jobs[1].template_digest = "t";
  auto step = r.next();
  REQUIRE(due<drop_job>(step));
  CHECK(due<drop_job>(step)->job.uid == object_uid{"j"});
  CHECK_THAT(due<drop_job>(step)->reason, Catch::Contains("VolSync fork"));
  // The next one is nobody's but ours.
  r.facts.jobs[1].slot = slot + 20s;
  CHECK(due<acquire_lease>(r.next()));
}

TEST_CASE("a slot that the controller's faster clock has used is not in force "
          "for our CronJob") {
  auto r = a_room();
  r.facts.predecessors = {an_old()};
  r.facts.predecessors[0].object.suspend = true;
  r.facts.predecessors[0].object.last_schedule = now + 20s;
  auto step = r.next();
  REQUIRE(due<apply_cron_job>(step));
  CHECK(due<apply_cron_job>(step)->wanted.effective_since == now + 21s);
}

TEST_CASE("a Job of the fork's whose pods never start is not waited for") {
  auto r = a_replaced_room();
  r.facts.jobs = {a_fork_job(job_state::running)};
  r.facts.pods = {a_fork_pod()};
  r.facts.pods[0].pending_since = now - 9min;
  auto step = r.next();
  CHECK(rests(step));
  CHECK(step.wake == now + 1min);
  REQUIRE(due<drop_job>(r.next(now + 1min)));
  // One that has started may run for hours.
  r.facts.pods[0].pending_since.reset();
  CHECK(rests(r.next(now + 2h)));
  // A suspended one would wait for ever.
  r.facts.jobs = {a_fork_job(job_state::waiting)};
  r.facts.pods.clear();
  REQUIRE(due<drop_job>(r.next()));
}

TEST_CASE("A-16: a CronJob of the fork's that has the name of ours is adopted "
          "and applied, never deleted") {
  auto r = a_room();
  auto old = an_old();
  old.object.key = cron_job_key(r.facts, maintenance_kind::full, ns);
  r.facts.predecessors = {old};
  auto step = r.next();
  REQUIRE(due<adopt_predecessor>(step));
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].reason == "Migrated");
  auto& adopted = r.facts.predecessors[0];
  adopted.is_adopted = adopted.object.suspend = true;
  adopted.touched = now;
  // Its past slot is marked as used, or the apply would fire it.
  adopted.object.last_schedule = now - 30h;
  step = r.next();
  REQUIRE(due<set_last_schedule>(step));
  CHECK(due<set_last_schedule>(step)->uid == old.object.uid);
  adopted.object.last_schedule = now - 10h;
  step = r.next(now + 2h);
  REQUIRE(due<apply_cron_job>(step));
  CHECK(due<apply_cron_job>(step)->uid == old.object.uid);
}

TEST_CASE("when nobody claims the repository all of the fork's goes, after its "
          "last Job") {
  room r{{}};
  r.facts.predecessors = {an_old(), a_copy_of_fork()};
  r.facts.jobs = {a_fork_job(job_state::running)};
  REQUIRE(due<suspend_predecessor>(r.next()));
  r.facts.predecessors[0].object.suspend = true;
  auto step = r.next();
  CHECK(rests(step));
  CHECK_FALSE(step.finished);
  r.facts.jobs = {a_fork_job(job_state::complete)};
  REQUIRE(due<drop_job>(r.next()));
  r.facts.jobs.clear();
  REQUIRE(due<remove_predecessor>(r.next()));
  r.facts.predecessors.erase(r.facts.predecessors.begin());
  step = r.next();
  REQUIRE(due<remove_predecessor>(step));
  CHECK(due<remove_predecessor>(step)->what == predecessor::kind::secret_copy);
  r.facts.predecessors.clear();
  CHECK(r.next().finished);
}

TEST_CASE("in the lobby lies what belongs to no repository: it goes unless a "
          "claim waits that will want it") {
  room r{{a_claim("app"), a_claim("web")}};
  r.facts.id = r.facts.location_id = {};
  for (auto& who : r.facts.claimants) {
    who.wish.defect = trouble{"Waiting", "its Secret does not exist"};
    who.wish.secret_version.clear();
  }
  r.with_statuses();
  auto old = an_old();
  old.object.key.ns = old.secret.ns = ns;
  old.secret.name = "maintenance-app-kopia";
  r.facts.predecessors = {old};
  CHECK(rests(r.next()));
  r.facts.predecessors[0].secret.name = "maintenance-gone-kopia";
  REQUIRE(due<suspend_predecessor>(r.next()));
  r.facts.predecessors[0].object.suspend = true;
  REQUIRE(due<remove_predecessor>(r.next()));
  r.facts.predecessors[0] = old;
  r.facts.claimants[0].wish.defect->reason = "Disabled";
  r.with_statuses();
  REQUIRE(due<suspend_predecessor>(r.next()));
}

TEST_CASE("the fork's copies are known by their names, however they are cut") {
  object_key original{"app", "kopia"};
  CHECK(is_secret_of(original, original));
  CHECK(is_secret_of({ns, "maintenance-app-kopia"}, original));
  CHECK_FALSE(is_secret_of({ns, "maintenance-app-kopia2"}, original));
  CHECK_FALSE(is_secret_of({ns, "kopia"}, original));
  object_key lengthy{"a-namespace-with-a-rather-long-name",
                     "and-its-secret-too"};
  auto whole = "maintenance-" + lengthy.ns + "-" + lengthy.name;
  auto cut = whole.substr(0, 46) + "-0123456789abcdef";
  CHECK(is_secret_of({ns, cut}, lengthy));
  CHECK_FALSE(is_secret_of({ns, whole}, lengthy));
  CHECK_FALSE(is_secret_of({ns, cut}, original));
}
