#include "scheduler/waiting_jobs.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_rfc3339("2026-11-21T12:00:00Z");
const std::string busy = "Job volsync-system/first runs";

job_fact waiting_since(const std::string& name, instant created) {
  job_fact job;
  job.key = {"volsync-system", name};
  job.uid = {name};
  job.ours = true;
  job.created = created;
  return job;
}

} // namespace

TEST_CASE("a Job that waits is told for what, once for each reason") {
  repository_facts facts;
  facts.jobs = {waiting_since("second", noon)};
  waiting_jobs waiting;
  CHECK_FALSE(waiting.tell(facts, {}, noon).again);
  auto early = waiting.tell(facts, busy, noon);
  CHECK(early.notes.empty());
  CHECK(early.again == noon + 10s);
  auto told = waiting.tell(facts, busy, noon + 10s);
  CHECK_FALSE(told.again);
  REQUIRE(told.notes.size() == 1);
  CHECK(regarded(told.notes[0]) == "Job volsync-system/second");
  CHECK(told.notes[0].uid == object_uid{"second"});
  CHECK_FALSE(told.notes[0].warning);
  CHECK(told.notes[0].reason == "Waiting");
  CHECK(told.notes[0].message
        == "Waits for its turn: Job volsync-system/first runs. It starts by "
           "itself; leave its spec.suspend to holystone.");
  CHECK(waiting.tell(facts, busy, noon + 5min).notes.empty());
  // A reason that passes is none.
  CHECK(waiting.tell(facts, "another", noon + 6min).again == noon + 6min + 10s);
  CHECK(waiting.tell(facts, busy, noon + 6min + 9s).notes.empty());
  CHECK(waiting.tell(facts, "another", noon + 7min).notes.empty());
  CHECK(waiting.tell(facts, "another", noon + 8min).notes.size() == 1);
  CHECK(waiting.tell(facts, "another", noon + 9min).notes.empty());
}

TEST_CASE("who does not wait, or for nothing, is told nothing") {
  repository_facts facts;
  facts.jobs = {waiting_since("j", noon)};
  waiting_jobs waiting;
  auto clock = noon;
  auto notes = [&](const std::string& reason = busy) {
    clock += 1min;
    return waiting.tell(facts, reason, clock).notes.size();
  };
  CHECK(notes("") == 0);
  CHECK(notes() == 0);
  auto& job = facts.jobs[0];
  job.state = job_state::running;
  CHECK(notes() == 0);
  job.state = job_state::waiting;
  job.deleting = true;
  CHECK(notes() == 0);
  job.deleting = false;
  job.ours = false;
  CHECK(notes() == 0);
  job.ours = true;
  facts.lease.holder = job.uid;
  CHECK(notes() == 0);
  facts.lease.holder = {};
  // With --admission=off its owner suspended it.
  facts.cron_jobs.full.holds_jobs = false;
  CHECK(notes() == 0);
  facts.cron_jobs.full.holds_jobs = true;
  CHECK(notes() == 1);
}
