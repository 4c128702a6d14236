#include "metrics/instruments.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace holystone::metrics;
using namespace std::chrono_literals;

namespace {

const repository_labels source{"db", "apps", "kopia-config", "0a1b2c3d"};

const std::string shared_labels
    = R"(obj_name="db",obj_namespace="apps",operation="maintenance",)"
      R"(repository="kopia-config",repository_hash="0a1b2c3d",role="source")";

// Does the exposition hold this sample? Labels are in alphabetical order.
bool has(const std::string& text, const std::string& sample) {
  return ("\n" + text).find("\n" + sample + "\n") != std::string::npos;
}

// A sample of a series of `source` with the label `extra` before the others.
std::string about(const std::string& name, const std::string& value,
                  const std::string& extra = {}) {
  return "volsync_kopia_" + name + "{" + extra + shared_labels + "} " + value;
}

} // namespace

TEST_CASE("each counter of the operator is read back") {
  instruments all;
  all.watch_events("cronjobs", 3);
  all.watch_events("cronjobs");
  all.relisted("secrets");
  all.api_request("apply", "cronjobs", 200, 3ms);
  all.api_request("apply", "cronjobs", 409, 40ms);
  all.api_request("get", "leases", 0, 31s);
  all.written("apply", "cronjobs");
  all.actor_restarted("repository");
  all.leader(true);
  all.queue_waited(20s);
  auto text = all.expose({});
  for (auto sample :
       {R"(watch_events_total{kind="cronjobs"} 4)",
        R"(watch_relists_total{kind="secrets"} 1)",
        R"(api_requests_total{code="200",kind="cronjobs",verb="apply"} 1)",
        R"(api_requests_total{code="409",kind="cronjobs",verb="apply"} 1)",
        R"(api_requests_total{code="0",kind="leases",verb="get"} 1)",
        R"(api_request_duration_seconds_bucket{verb="apply",le="0.005"} 1)",
        R"(api_request_duration_seconds_bucket{verb="apply",le="0.05"} 2)",
        R"(api_request_duration_seconds_bucket{verb="get",le="30"} 0)",
        R"(api_request_duration_seconds_bucket{verb="get",le="+Inf"} 1)",
        R"(writes_total{kind="cronjobs",verb="apply"} 1)",
        R"(actor_restarts_total{actor="repository"} 1)", R"(leader 1)",
        R"(maintenance_queue_wait_seconds_bucket{le="15"} 0)",
        R"(maintenance_queue_wait_seconds_bucket{le="60"} 1)"}) {
    INFO(sample << "\n" << text);
    CHECK(has(text, std::string{"volsync_kopia_"} + sample));
  }
  all.leader(false);
  CHECK(has(all.expose({}), "volsync_kopia_leader 0"));
}

TEST_CASE("all series of a repository exist at zero from the start") {
  instruments all;
  all.track(source);
  auto text = all.expose({});
  INFO(text);
  CHECK(has(text, about("maintenance_cronjob_created_total", "0")));
  CHECK(has(text, about("maintenance_cronjob_updated_total", "0")));
  CHECK(has(text, about("maintenance_cronjob_deleted_total", "0")));
  CHECK(has(text, about("maintenance_cronjob_failures_total", "0",
                        R"(failure_reason="maintenance_job_failed",)")));
  CHECK(has(text, about("maintenance_duration_seconds_count", "0")));
}

TEST_CASE("maintenance runs and CronJob changes carry the winner's labels") {
  instruments all;
  all.cron_job(source, cron_job_change::created);
  all.cron_job(source, cron_job_change::updated);
  all.cron_job(source, cron_job_change::updated);
  all.cron_job(source, cron_job_change::deleted);
  all.maintenance_succeeded(source, "full", 70s);
  all.maintenance_failed(source, "BackoffLimitExceeded");
  all.maintenance_failed(source, "");
  auto text = all.expose({});
  INFO(text);
  CHECK(has(text, about("maintenance_cronjob_created_total", "1")));
  CHECK(has(text, about("maintenance_cronjob_updated_total", "2")));
  CHECK(has(text, about("maintenance_cronjob_deleted_total", "1")));
  CHECK(has(text, about("maintenance_cronjob_failures_total", "1",
                        R"(failure_reason="BackoffLimitExceeded",)")));
  CHECK(has(text, about("maintenance_cronjob_failures_total", "1",
                        R"(failure_reason="maintenance_job_failed",)")));
  CHECK(has(text, about("maintenance_duration_seconds_sum", "70")));
  CHECK(text.find(R"(maintenance_type="full",obj_name="db")")
        != std::string::npos);
}

TEST_CASE("gauges of repositories come from the snapshot of the scrape") {
  instruments all;
  repository_sample never{{"web", "apps", "kopia-config", "ffff0000"}};
  repository_sample once{source, 1'774'746'123.0, 2};
  auto text = all.expose({never, once});
  INFO(text);
  CHECK(
      has(text, about("maintenance_last_run_timestamp_seconds", "1774746123")));
  CHECK(has(text, about("maintenance_queue_length", "2")));
  CHECK(text.find("timestamp_seconds{obj_name=\"web\"") == std::string::npos);
  CHECK(all.expose({}).find("last_run") == std::string::npos);
}

TEST_CASE("a forgotten repository is exposed once more and then gone") {
  instruments all;
  all.track(source);
  all.cron_job(source, cron_job_change::deleted);
  all.forget(source);
  CHECK(has(all.expose({}), about("maintenance_cronjob_deleted_total", "1")));
  CHECK(all.expose({}).find("obj_name") == std::string::npos);
  all.track(source);
  CHECK(has(all.expose({}), about("maintenance_cronjob_deleted_total", "0")));
  all.forget(source);
  all.track(source);
  all.expose({});
  CHECK(has(all.expose({}), about("maintenance_cronjob_deleted_total", "0")));
}

TEST_CASE("a label's value cannot break the text format") {
  instruments all;
  all.maintenance_failed(source, "a\"b\\c\nd");
  auto text = all.expose({});
  INFO(text);
  CHECK(text.find(R"(failure_reason="a\"b\\c\nd")") != std::string::npos);
}

TEST_CASE("counters are raised and read from many threads") {
  instruments all;
  std::vector<std::thread> threads;
  for (auto i = 0; i != 3; ++i)
    threads.emplace_back([&] {
      for (auto n = 0; n != 300; ++n) {
        all.api_request("get", "jobs", 200, 1ms);
        all.track(source);
        all.cron_job(source, cron_job_change::updated);
      }
    });
  for (auto i = 0; i != 20; ++i)
    all.expose({});
  for (auto& thread : threads)
    thread.join();
  auto text = all.expose({});
  CHECK(has(text, about("maintenance_cronjob_updated_total", "900")));
  CHECK(has(text, R"(volsync_kopia_api_requests_total)"
                  R"({code="200",kind="jobs",verb="get"} 900)"));
}
