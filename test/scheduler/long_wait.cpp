#include "scheduler/long_wait.hpp"

#include "scheduler/claim_status.hpp"
#include "scheduler/repository.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

const instant slot = *parse_rfc3339("2026-11-21T02:00:00Z");

job_fact a_job(const std::string& name, instant created) {
  job_fact job;
  job.key = {"volsync-system", name};
  job.uid = {name};
  job.created = created;
  return job;
}

repository_facts a_repository(const std::string& schedule) {
  repository_facts facts;
  facts.id = facts.location_id = {"0123456789abcdef"};
  claimant who;
  who.wish.who = {claim_kind::replication_source, {"app", "data"}};
  who.wish.settings.schedule = schedule;
  facts.claimants.push_back(who);
  facts.cron_jobs.full.exists = true;
  facts.cron_jobs.full.ours = true;
  return facts;
}

/// What a claimant is told while Jobs wait for `why`.
claim_status told(const repository_facts& facts, const claimant& who,
                  instant at, const std::string& why = {}) {
  return wanted_status(facts, account_of(facts, {why}, at), who, at);
}

} // namespace

TEST_CASE("a scheduled Job's patience is one interval from its slot") {
  auto facts = a_repository("0 2 * * *");
  CHECK_FALSE(first_long_wait(facts));
  facts.jobs.push_back(a_job("late", slot + 40s));
  facts.jobs[0].slot = slot;
  CHECK(first_long_wait(facts)
        == long_wait{{"volsync-system", "late"}, slot, slot + 24h});
  facts.jobs[0].state = job_state::running;
  CHECK_FALSE(first_long_wait(facts));
}

TEST_CASE("a manual Job has as much patience, whenever it was made") {
  auto facts = a_repository("0 * * * *");
  auto made = slot + 59min;
  facts.jobs.push_back(a_job("by-hand", made));
  CHECK(first_long_wait(facts)->limit == made + 1h);
}

TEST_CASE("of several Jobs the one whose patience ends first counts") {
  auto facts = a_repository("0 * * * *");
  facts.jobs.push_back(a_job("second", slot + 60s));
  facts.jobs.push_back(a_job("first", slot));
  facts.jobs.push_back(a_job("foreign", slot - 1h));
  facts.jobs.back().ours = false;
  facts.jobs.push_back(a_job("going", slot - 1h));
  facts.jobs.back().deleting = true;
  CHECK(first_long_wait(facts)->job.name == "first");
}

TEST_CASE("nobody is impatient where nobody wins or a slot never comes") {
  auto facts = a_repository("0 0 30 2 *");
  facts.jobs.push_back(a_job("by-hand", slot));
  CHECK_FALSE(first_long_wait(facts));
  facts.claimants.clear();
  CHECK_FALSE(first_long_wait(facts));
}

TEST_CASE("waiting longer than the interval is a condition") {
  auto facts = a_repository("0 * * * *");
  facts.jobs.push_back(a_job("by-hand", slot));
  const auto& who = facts.claimants[0];
  CHECK(told(facts, who, slot + 1h - 1s).reason == "Scheduled");
  auto status = told(facts, who, slot + 1h, "the limit leaves no room");
  CHECK_FALSE(status.ready);
  CHECK(status.reason == "Waiting");
  CHECK_THAT(status.message,
             Catch::Contains("Job volsync-system/by-hand waits since "
                             "2026-11-21T02:00:00Z")
                 && Catch::Contains("the limit leaves no room"));
  facts.jobs[0].state = job_state::complete;
  CHECK(told(facts, who, slot + 1h).ready);
}

TEST_CASE("the repository looks again when a Job's patience ends") {
  auto facts = a_repository("0 2 * * *");
  facts.claimants[0].status = told(facts, facts.claimants[0], slot);
  facts.jobs.push_back(a_job("by-hand", slot - 5h));
  auto now = slot - 4h;
  auto& who = facts.claimants[0];
  who.status = told(facts, who, now);
  repository_policy policy;
  policy.operator_namespace = "volsync-system";
  policy.digests = [](const cron_job_intent&) {
    return manifest_digests{};
  };
  auto all_blocked = [](const std::string&) {
    return true;
  };
  // Its next slot comes before that.
  CHECK(next_step(facts, policy, all_blocked, now).wake <= slot + 1s);
  who.status = told(facts, who, slot + 1s);
  CHECK(next_step(facts, policy, all_blocked, slot + 1s).wake <= slot + 19h);
}
