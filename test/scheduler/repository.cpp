#include "repository_room.hpp"

using namespace holystone;
using namespace holystone::test::one_repository;
using namespace std::chrono_literals;

TEST_CASE("creation: the copies, then the CronJob, then the statuses, then "
          "rest") {
  room r{{a_claim("a"), a_claim("b")}};
  CHECK(act(r.next()) == "copy/a/kopia");
  r.facts.copies = {copy_for(r.facts.claimants[0])};
  CHECK(act(r.next()) == "copy/b/kopia");
  r.facts.copies.push_back(copy_for(r.facts.claimants[1]));
  auto step = r.next();
  REQUIRE(std::holds_alternative<apply_cron_job>(step.action));
  const auto& apply = std::get<apply_cron_job>(step.action);
  CHECK(to_string(apply.wanted.key)
        == "volsync-system/kopia-maintenance-0123456789abcdef");
  CHECK(to_string(apply.wanted.winner) == "ReplicationSource a/data");
  CHECK(apply.wanted.credentials == "maintenance-a-kopia");
  CHECK(apply.wanted.namespaces == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(apply.uid);
  r.settle();
  CHECK(act(r.next()) == "status/ReplicationSource a/data");
  r.with_statuses();
  CHECK(rests(r.next()));
}

TEST_CASE("H in a schedule is resolved from the repository's hash") {
  room r{{a_claim("a", "H H * * *")}};
  r.settle();
  CHECK(r.facts.cron_jobs.full.schedule.find('H') == std::string::npos);
  room again{{a_claim("b", "H H * * *")}};
  CHECK(again.settle().facts.cron_jobs.full.schedule
        == r.facts.cron_jobs.full.schedule);
}

TEST_CASE("a Lease that another repository shares stays when this one goes") {
  room r{{a_claim("a")}};
  r.settle();
  r.facts.claimants.clear();
  r.facts.cron_jobs = {};
  r.facts.copies.clear();
  r.facts.lease.exists = true;
  CHECK(std::holds_alternative<delete_lease>(r.next().action));
  r.facts.lease_is_shared = true;
  CHECK(r.next().finished);
}

TEST_CASE("A-12: a schedule edit moves lastScheduleTime first") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.claimants[0].wish.settings.schedule = "30 11 * * *";
  auto step = r.next();
  REQUIRE(std::holds_alternative<set_last_schedule>(step.action));
  CHECK(std::get<set_last_schedule>(step.action).slot
        == *parse_rfc3339("2026-11-21T11:30:00Z"));
  CHECK(std::get<set_last_schedule>(step.action).uid
        == object_uid{"cron-full"});
  r.facts.cron_jobs.full.last_schedule = *parse_rfc3339("2026-11-21T11:30:00Z");
  step = r.next();
  REQUIRE(std::holds_alternative<apply_cron_job>(step.action));
  // From now on, so that admission drops older slots.
  CHECK(std::get<apply_cron_job>(step.action).wanted.effective_since == now);
}

TEST_CASE("A-12: never the edit while its precaution fails") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.claimants[0].wish.settings.schedule = "30 11 * * *";
  r.blocked = {full_cron_job};
  CHECK_FALSE(std::holds_alternative<apply_cron_job>(r.next().action));
}

TEST_CASE(
    "A-12: zone, suspend and winner are edits too, anything else is not") {
  auto first_step = [](auto edit) {
    room r{{a_claim("a", "*/5 * * * *", 2h), a_claim("b", "*/5 * * * *")}};
    r.settle().with_statuses();
    edit(r);
    return act(r.next()) == full_cron_job
           && std::holds_alternative<set_last_schedule>(r.next().action);
  };
  CHECK(first_step([](room& r) {
    r.facts.claimants[0].wish.settings.time_zone = "Asia/Tokyo";
  }));
  CHECK(first_step(
      [](room& r) { r.facts.claimants[0].wish.settings.suspend = true; }));
  CHECK(first_step(
      [](room& r) { r.facts.claimants.erase(r.facts.claimants.begin()); }));
  CHECK_FALSE(
      first_step([](room& r) { r.facts.cron_jobs.full.digest = "drifted"; }));
}

TEST_CASE("handing over keeps the incumbent's place and records the next") {
  room r{{a_claim("a", "0 2 * * *", 2h), a_claim("b", "0 3 * * *")}};
  r.settle().with_statuses();
  CHECK(to_string(*r.facts.cron_jobs.full.winner)
        == "ReplicationSource a/data");
  // An older claim comes: nothing changes but the record of the conflict.
  r.facts.claimants.push_back(a_claim("0", "0 4 * * *", 9h));
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource a/data");
  r.facts.claimants.erase(r.facts.claimants.begin());
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource 0/data");
}

TEST_CASE("who has many or long identities fills no pod's arguments") {
  std::vector<claimant> many;
  for (int i = 0; i < 300; ++i) {
    many.push_back(a_claim(fmt::format("app-{:03}", i)));
    many.back().wish.identity = fmt::format("user-{:03}@host", i);
  }
  many[0].wish.identity = std::string(200'000, 'x') + "@host";
  room r{std::move(many)};
  r.settle();
  auto wanted
      = wanted_cron_job(r.facts, room::policy(), maintenance_kind::full, now);
  REQUIRE(wanted);
  CHECK(wanted->known_identities.size() == 64);
  CHECK(wanted->known_identities.front() == "user-001@host");
}

TEST_CASE("A-23: without a CronJob the Lease remembers the winner") {
  room r{{a_claim("a", "0 2 * * *", 2h), a_claim("b")}};
  r.facts.lease.winner = r.facts.claimants[1].wish.who;
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource b/data");
}

TEST_CASE("a refused Secret hands over, when it changes its claim may win") {
  room r{{a_claim("a", "0 2 * * *", 2h), a_claim("b")}};
  r.facts.lease.known.refused_secrets = {"a/kopia@5"};
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource b/data");
  r.facts.claimants[0].wish.secret_version = "6";
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource a/data");
}

TEST_CASE("a refused claim that is the only one goes on trying") {
  room r{{a_claim("a")}};
  r.facts.lease.known.refused_secrets = {"a/kopia@5"};
  CHECK(winner_of(r.facts));
  r.facts.cron_jobs.full.winner
      = claim_key{claim_kind::replication_source, {"gone", "data"}};
  CHECK(winner_of(r.facts));
}

TEST_CASE("an incumbent whose Secret is missing keeps its CronJob and copy") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  auto& wish = r.facts.claimants[0].wish;
  wish.secret_version.clear();
  wish.defect = trouble{"Waiting", "Secret a/kopia does not exist; create it"};
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_status>(step.action));
  const auto& told = std::get<write_status>(step.action).status;
  CHECK_FALSE(told.ready);
  CHECK(told.reason == "Waiting");
  CHECK_THAT(told.message, Catch::Contains("a/kopia"));
  r.with_statuses();
  CHECK(rests(r.next()));
}

TEST_CASE("an incumbent with a bad schedule loses its place to the next") {
  room r{{a_claim("a", "0 2 * * *", 2h), a_claim("b")}};
  r.settle();
  r.facts.claimants[0].wish.defect = trouble{"Error", "bad schedule"};
  CHECK(to_string(winner_of(r.facts)->wish.who) == "ReplicationSource b/data");
}

TEST_CASE("a bad schedule without another claim changes nothing but the "
          "status") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.claimants[0].wish.settings.schedule = "99 99 * * *";
  r.facts.claimants[0].wish.defect = trouble{"Error", "99 is no minute"};
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_status>(step.action));
  CHECK(std::get<write_status>(step.action).status.reason == "Error");
  r.with_statuses();
  CHECK(rests(r.next()));
}

TEST_CASE("a foreign CronJob under our name is neither written nor deleted") {
  room r{{a_claim("a")}};
  r.settle();
  r.facts.cron_jobs.full.ours = false;
  auto step = r.next();
  REQUIRE(std::holds_alternative<write_status>(step.action));
  const auto& told = std::get<write_status>(step.action);
  CHECK(told.status.reason == "Error");
  CHECK_THAT(told.status.message,
             Catch::Contains("kopia-maintenance-0123456789abcdef"));
  REQUIRE(step.events.size() == 1);
  CHECK(step.events[0].warning);
  r.facts.claimants.clear();
  REQUIRE(std::holds_alternative<delete_copy>(r.next().action));
  r.facts.copies.clear();
  // It stays known, or else an apply for the next claim would take it over.
  CHECK(rests(r.next()));
  CHECK_FALSE(r.next().finished);
  r.facts.cron_jobs = {};
  CHECK(r.next().finished);
}

TEST_CASE("PERTURB-15: a webhook that changes our object is not fought") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  auto wanted = r.facts.cron_jobs.full.digest;
  r.facts.cron_jobs.full.digest = "changed by a webhook";
  CHECK(act(r.next()) == full_cron_job);
  r.facts.settled = {wanted, "changed by a webhook"};
  CHECK(rests(r.next()));
  // But a further change of somebody's is.
  r.facts.cron_jobs.full.digest = "changed by hand";
  CHECK(act(r.next()) == full_cron_job);
}

TEST_CASE("a CronJob that is being deleted is waited for, then made again") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.cron_jobs.full.deleting = true;
  CHECK(rests(r.next()));
  r.facts.cron_jobs.full = {};
  CHECK(std::holds_alternative<apply_cron_job>(r.next().action));
}

TEST_CASE(
    "A-10: a Job that runs without the Lease is suspended with Events on it "
    "and on the winner") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  r.facts.jobs = {a_job(job_state::running)};
  auto step = r.next();
  REQUIRE(std::holds_alternative<suspend_job>(step.action));
  REQUIRE(step.events.size() == 2);
  CHECK(std::get<object_key>(step.events[0].regarding) == object_key{ns, "j"});
  CHECK(step.events[0].uid == object_uid{"j"});
  CHECK(std::get<claim_key>(step.events[1].regarding)
        == r.facts.claimants[0].wish.who);
  CHECK(step.events[1].uid == object_uid{"uid-a"});
  for (const auto& event : step.events) {
    CHECK(event.warning);
    CHECK(event.reason == "JobSuspended");
    CHECK_THAT(event.message, Catch::Contains("Job volsync-system/j"));
  }
  // Nobody claims any more: the Job is told all the same.
  r.facts.claimants.clear();
  step = r.next();
  REQUIRE(std::holds_alternative<suspend_job>(step.action));
  CHECK(step.events.size() == 1);
}

TEST_CASE("a subject in back-off does not hold up the others") {
  room r{{a_claim("a"), a_claim("b")}};
  r.blocked = {"copy/a/kopia"};
  CHECK(act(r.next()) == "copy/b/kopia");
  r.settle();
  r.blocked = {"status/ReplicationSource a/data"};
  CHECK(act(r.next()) == "status/ReplicationSource b/data");
}

TEST_CASE("a Job starts only from the CronJob that is wanted") {
  room r{{a_claim("a")}};
  r.settle().with_statuses();
  auto job = a_job(job_state::waiting);
  job.template_digest = "t";
  r.facts.jobs = {job};
  CHECK(std::holds_alternative<acquire_lease>(r.next().action));
  r.facts.cron_jobs.full.digest = "drifted";
  CHECK(std::holds_alternative<apply_cron_job>(r.next().action));
  r.blocked = {full_cron_job};
  CHECK(rests(r.next()));
}

TEST_CASE(
    "A-15: teardown: CronJob, Jobs, copies, Lease, end, never while a Job "
    "runs") {
  room r{{a_claim("a")}};
  r.settle();
  r.facts.claimants.clear();
  r.facts.lease.exists = true;
  r.facts.lease.holder = {"j"};
  r.facts.jobs = {a_job(job_state::running)};
  CHECK(rests(r.next()));
  r.facts.lease.holder = {};
  r.facts.jobs = {a_job(job_state::complete)};
  CHECK(std::holds_alternative<delete_cron_job>(r.next().action));
  r.facts.cron_jobs.full.deleting = true;
  CHECK(rests(r.next()));
  r.facts.cron_jobs.full = {};
  // A Job that has no owner does not go with the CronJob.
  CHECK(std::holds_alternative<drop_job>(r.next().action));
  r.facts.jobs[0].deleting = true;
  CHECK(rests(r.next()));
  CHECK_FALSE(r.next().finished);
  r.facts.jobs.clear();
  CHECK(std::holds_alternative<delete_copy>(r.next().action));
  r.facts.copies.clear();
  CHECK(std::holds_alternative<delete_lease>(r.next().action));
  r.facts.lease = {};
  CHECK(r.next().finished);
}

TEST_CASE("the same facts give the same step, whatever the order of claims") {
  room one{{a_claim("a"), a_claim("b", "5 5 * * *"), a_claim("c")}};
  room two{{a_claim("c"), a_claim("a"), a_claim("b", "5 5 * * *")}};
  CHECK(one.settle().facts.cron_jobs.full.digest
        == two.settle().facts.cron_jobs.full.digest);
}
