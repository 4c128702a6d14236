#include "actors/tally.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::actors;

namespace {

const instant start = *parse_rfc3339("2026-11-21T12:00:00Z");
const repository_id id{"0123456789abcdef"};

const std::string labels
    = R"(obj_name="data",obj_namespace="app",operation="maintenance",)"
      R"(repository="kopia",repository_hash="0123456789abcdef",role="source")";

claimant make_claimant(const std::string& ns, const std::string& schedule) {
  claimant who;
  who.wish.who = {claim_kind::replication_source, {ns, "data"}};
  who.wish.secret = {ns, "kopia"};
  who.wish.settings.schedule = schedule;
  who.wish.created = start;
  return who;
}

repository_facts make_facts() {
  repository_facts facts;
  facts.id = id;
  facts.claimants.push_back(make_claimant("app", "0 2 * * *"));
  return facts;
}

/// The value of a sample of the winner's; empty when there is none.
std::string value(metrics::instruments& meters, const std::string& name,
                  const std::string& extra = {}) {
  auto text = "\n" + meters.expose();
  auto sample
      = "\nvolsync_kopia_maintenance_" + name + "{" + extra + labels + "} ";
  auto i = text.find(sample);
  if (i == std::string::npos)
    return {};
  i += sample.size();
  return text.substr(i, text.find('\n', i) - i);
}

release_lease make_release(run_outcome outcome) {
  release_lease step;
  step.known.counted = {"job"};
  step.outcome = std::move(outcome);
  return step;
}

} // namespace

TEST_CASE("a repository shows what is known of it, under its winner's name") {
  metrics::instruments meters;
  tally shown{meters};
  auto facts = make_facts();
  facts.claimants.push_back(make_claimant("web", "0 2 * * *"));
  facts.claimants.push_back(make_claimant("zoo", "0 3 * * *"));
  facts.claimants[0].status.emplace();
  facts.claimants[0].status->next_maintenance = start + seconds{60};
  facts.lease.holder = {"job"};
  facts.lease.known.success_ended = start;
  facts.lease.known.failures = 3;
  facts.jobs.resize(3);
  facts.jobs[2].state = job_state::complete;
  shown.show(facts, start);
  CHECK(value(meters, "last_run_timestamp_seconds") == "1795262400");
  CHECK(value(meters, "next_run_timestamp_seconds") == "1795262460");
  CHECK(value(meters, "queue_length") == "2");
  CHECK(value(meters, "running") == "1");
  CHECK(value(meters, "consecutive_failures") == "3");
  CHECK(value(meters, "schedule_conflicts") == "1");
  CHECK(value(meters, "cronjob_failures_total",
              R"(failure_reason="maintenance_job_failed",)")
        == "0");
}

TEST_CASE("what the last run found in a repository is shown") {
  metrics::instruments meters;
  tally shown{meters};
  auto facts = make_facts();
  shown.show(facts, start);
  CHECK(meters.expose().find("\nvolsync_kopia_repository_size_bytes{")
        == std::string::npos);
  facts.lease.known.extent = {{65'536}, {100}, {7}};
  shown.show(facts, start);
  auto text = meters.expose();
  for (const auto* line : {"size_bytes{", "objects_total{", "index_blobs{"})
    CHECK(text.find("\nvolsync_kopia_repository_" + std::string{line} + labels)
          != std::string::npos);
}

TEST_CASE("the expected interval is the longest pause of the next runs") {
  metrics::instruments meters;
  tally shown{meters};
  auto facts = make_facts();
  facts.claimants[0].status.emplace();
  auto interval = [&](const std::string& schedule, int due) {
    facts.claimants[0].wish.settings.schedule = schedule;
    facts.claimants[0].status->next_maintenance = start + seconds{due};
    shown.show(facts, start);
    return value(meters, "expected_interval_seconds");
  };
  CHECK(interval("0 2 * * *", 1) == "86400");
  CHECK(interval("0 2 * * 1-5", 2) == "259200");
  CHECK(interval("0 0 30 2 *", 3).empty());
  // The next eight are neighbours; until then it is long.
  CHECK(interval("0 2 1-10 * *", 4) == "828000");
  facts.claimants[0].wish.settings.interval_days = 7;
  CHECK(interval("0 2 * * *", 5) == "691200");
}

TEST_CASE("claims without a winner are maintained by nobody") {
  metrics::instruments meters;
  tally shown{meters};
  auto unmaintained = [&] {
    auto text = meters.expose();
    std::string name{"\nvolsync_kopia_unmaintained_claims "};
    auto i = text.find(name) + name.size();
    return text.substr(i, text.find('\n', i) - i);
  };
  auto facts = make_facts();
  facts.claimants.push_back(make_claimant("web", "0 2 * * *"));
  shown.show(facts, start);
  CHECK(unmaintained() == "0");
  for (auto& who : facts.claimants)
    who.wish.defect = trouble{"Waiting", "there is no Secret"};
  shown.show(facts, start);
  CHECK(unmaintained() == "2");
  facts.claimants[0].wish.defect->reason = "Disabled";
  shown.show(facts, start);
  CHECK(unmaintained() == "1");
  shown.show(facts, start);
  CHECK(unmaintained() == "1");
  shown.hide(id.hex);
  CHECK(unmaintained() == "0");
}

TEST_CASE("nobody's repository has no series") {
  metrics::instruments meters;
  tally shown{meters};
  repository_facts facts;
  facts.id = id;
  shown.show(facts, start);
  CHECK(meters.expose().find("repository_hash") == std::string::npos);
}

TEST_CASE("a repository that runs by hand alone is shown under who asks") {
  metrics::instruments meters;
  tally shown{meters};
  auto facts = make_facts();
  facts.claimants[0].wish.manual = "once";
  facts.lease.known.success_ended = start;
  shown.show(facts, start);
  CHECK(value(meters, "last_run_timestamp_seconds") == "1795262400");
  CHECK(value(meters, "cronjob_created_total") == "0");
  // Nobody expects the next run, so nobody misses it.
  CHECK(value(meters, "expected_interval_seconds").empty());
  CHECK(value(meters, "next_run_timestamp_seconds").empty());
}

TEST_CASE("a winner that fails for a moment keeps its series") {
  metrics::instruments meters;
  tally shown{meters};
  auto facts = make_facts();
  facts.claimants.push_back(make_claimant("hand", "0 2 * * *"));
  facts.claimants[1].wish.manual = "once";
  shown.show(facts, start);
  facts.claimants[0].wish.defect = trouble{"Error", "no such zone"};
  shown.show(facts, start);
  CHECK(value(meters, "queue_length") == "0");
  facts.claimants.erase(facts.claimants.begin());
  shown.show(facts, start);
  meters.expose();
  CHECK(value(meters, "queue_length").empty());
}

TEST_CASE("the last winner's name stays until the repository is gone") {
  metrics::instruments meters;
  tally shown{meters};
  auto facts = make_facts();
  shown.show(facts, start);
  facts.claimants.clear();
  shown.begin(delete_cron_job{}, facts, start);
  shown.show(facts, start);
  CHECK(value(meters, "cronjob_deleted_total") == "1");
  shown.hide(id.hex);
  meters.expose();
  CHECK(meters.expose().find("repository_hash") == std::string::npos);
}

TEST_CASE("a CronJob counts as created, and then as updated, once each") {
  metrics::instruments meters;
  tally shown{meters};
  auto facts = make_facts();
  shown.show(facts, start);
  CHECK(value(meters, "cronjob_created_total") == "0");
  apply_cron_job apply;
  apply.digests.whole = "one";
  shown.begin(apply, facts, start);
  shown.show(facts, start);
  CHECK(value(meters, "cronjob_created_total") == "0");
  facts.cron_jobs.full.exists = true;
  facts.cron_jobs.full.digest = "one";
  shown.show(facts, start);
  shown.show(facts, start);
  CHECK(value(meters, "cronjob_created_total") == "1");
  apply.uid = {"cron-job"};
  apply.digests.whole = "two";
  shown.begin(apply, facts, start);
  facts.cron_jobs.full.digest = "changed by a webhook";
  facts.settled.full.wanted = "two";
  shown.show(facts, start);
  CHECK(value(meters, "cronjob_updated_total") == "1");
  CHECK(value(meters, "cronjob_created_total") == "1");
}

TEST_CASE("a run counts when the Lease says so, even if the answer was lost") {
  metrics::instruments meters;
  tally shown{meters};
  auto facts = make_facts();
  shown.show(facts, start);
  run_outcome outcome;
  outcome.started = start;
  outcome.ended = start + seconds{70};
  SECTION("a full run that succeeded") {
    outcome.succeeded = true;
    shown.begin(make_release(outcome), facts, start);
    shown.show(facts, start);
    CHECK(value(meters, "duration_seconds_count") == "0");
    facts.lease.known.counted = {"job"};
    shown.show(facts, start);
    shown.show(facts, start);
    CHECK(value(meters, "duration_seconds_count") == "1");
    CHECK(value(meters, "duration_seconds_sum") == "70");
    CHECK(value(meters, "operations_total", R"(maintenance_type="full",)")
          == "1");
  }
  SECTION("a run that failed for a known reason") {
    outcome.why = failure_class::clock_skew;
    shown.begin(make_release(outcome), facts, start);
    facts.lease.known.counted = {"job"};
    shown.show(facts, start);
    CHECK(value(meters, "cronjob_failures_total",
                R"(failure_reason="clock-skew",)")
          == "1");
  }
  SECTION("a run that failed for no known reason") {
    outcome.why = failure_class::unknown;
    shown.begin(make_release(outcome), facts, start);
    facts.lease.known.counted = {"job"};
    shown.show(facts, start);
    CHECK(value(meters, "cronjob_failures_total",
                R"(failure_reason="maintenance_job_failed",)")
          == "1");
  }
  SECTION("a run that was counted before is not counted again") {
    outcome.succeeded = true;
    facts.lease.known.counted = {"job"};
    shown.begin(make_release(outcome), facts, start);
    shown.show(facts, start);
    CHECK(value(meters, "duration_seconds_count") == "0");
  }
}

TEST_CASE("the wait for admission is from the Job's creation to the Lease") {
  metrics::instruments meters;
  tally shown{meters};
  auto facts = make_facts();
  shown.show(facts, start);
  acquire_lease step;
  step.job.uid = {"job"};
  step.job.created = start - seconds{42};
  shown.begin(step, facts, start);
  facts.lease.holder = {"another"};
  shown.show(facts, start);
  CHECK_THAT(meters.expose(), Catch::Contains("queue_wait_seconds_count 0\n"));
  facts.lease.holder = {"job"};
  shown.show(facts, start);
  CHECK_THAT(meters.expose(), Catch::Contains("queue_wait_seconds_sum 42\n"));
}
