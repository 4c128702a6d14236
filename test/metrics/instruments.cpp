#include "all_series.hpp"

#include "inflated.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

using namespace holystone::metrics;
using namespace std::chrono_literals;

namespace {

const repository_labels source{"0a1b2c3d", "db", "apps", "kopia-config"};

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

repository_sample sample(std::int64_t last_success, std::int64_t next_run,
                         unsigned queued, bool running, int failures,
                         unsigned conflicts) {
  repository_sample now;
  now.last_success = last_success;
  now.next_run = next_run;
  now.queued = queued;
  now.running = running;
  now.failures = failures;
  now.conflicts = conflicts;
  return now;
}

} // namespace

TEST_CASE("each counter of the operator is read back") {
  instruments all;
  all.watch_events("cronjobs", 3);
  all.watch_events("cronjobs");
  all.events_settled(3, 4ms);
  all.relisted("secrets");
  all.skipped("jobs", 0);
  all.skipped("secrets", 2);
  all.api_request("apply", "cronjobs", 200, 3ms);
  all.api_request("apply", "cronjobs", 409, 40ms);
  all.api_request("get", "leases", 0, 31s);
  all.written("apply", "cronjobs");
  all.actor_restarted("repository");
  all.leader(true);
  all.queue_waited(20s);
  auto text = all.expose();
  for (auto sample :
       {R"(watch_events_total{kind="cronjobs"} 4)",
        R"(watch_event_seconds_bucket{le="0.0025"} 0)",
        R"(watch_event_seconds_bucket{le="0.005"} 3)",
        R"(watch_relists_total{kind="secrets"} 1)",
        R"(watch_skipped_objects_total{kind="jobs"} 0)",
        R"(watch_skipped_objects_total{kind="secrets"} 2)",
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
  CHECK(has(all.expose(), "volsync_kopia_leader 0"));
}

TEST_CASE("all series of a repository exist at zero from the start") {
  instruments all;
  all.show(source, {});
  auto text = all.expose();
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
  auto text = all.expose();
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

TEST_CASE("gauges of a repository are what was shown last") {
  instruments all;
  repository_labels fresh{"ffff0000", "web", "apps", "kopia-config"};
  all.show(fresh, {});
  all.show(source, sample(1, 2, 9, false, 5, 5));
  all.show(source, sample(1'774'746'123, 1'774'832'400, 2, true, 3, 1));
  auto text = all.expose();
  INFO(text);
  for (auto sample : {"last_run_timestamp_seconds",
                      "next_run_timestamp_seconds", "queue_length", "running",
                      "consecutive_failures", "schedule_conflicts"})
    CHECK(text.find("# HELP volsync_kopia_maintenance_" + std::string{sample})
          != std::string::npos);
  CHECK(
      has(text, about("maintenance_last_run_timestamp_seconds", "1774746123")));
  CHECK(
      has(text, about("maintenance_next_run_timestamp_seconds", "1774832400")));
  CHECK(has(text, about("maintenance_queue_length", "2")));
  CHECK(has(text, about("maintenance_running", "1")));
  CHECK(has(text, about("maintenance_consecutive_failures", "3")));
  CHECK(has(text, about("maintenance_schedule_conflicts", "1")));
  // Nothing ran yet, nothing is due: no such series.
  CHECK(text.find("timestamp_seconds{obj_name=\"web\"") == std::string::npos);
  CHECK(text.find("queue_length{obj_name=\"web\"") != std::string::npos);
}

TEST_CASE("a duration falls into the first bucket that holds it") {
  instruments all;
  for (auto took : {1s, 2s, 60s, 50'000s})
    all.maintenance_succeeded(source, "quick", took);
  auto text = all.expose();
  INFO(text);
  auto bucket = [](const std::string& bound, const std::string& count) {
    return "volsync_kopia_maintenance_duration_seconds_bucket{" + shared_labels
           + ",le=\"" + bound + "\"} " + count;
  };
  CHECK(has(text, bucket("1", "1")));
  CHECK(has(text, bucket("5", "2")));
  CHECK(has(text, bucket("15", "2")));
  CHECK(has(text, bucket("60", "3")));
  CHECK(has(text, bucket("43200", "3")));
  CHECK(has(text, bucket("+Inf", "4")));
  CHECK(has(text, about("maintenance_duration_seconds_count", "4")));
  CHECK(has(text, about("maintenance_duration_seconds_sum", "50063")));
  CHECK(has(text, about("maintenance_operations_total", "4",
                        R"(maintenance_type="quick",)")));
}

TEST_CASE("a forgotten repository is exposed once more and then gone") {
  instruments all;
  all.show(source, {});
  all.cron_job(source, cron_job_change::deleted);
  all.forget("0a1b2c3d");
  CHECK(has(all.expose(), about("maintenance_cronjob_deleted_total", "1")));
  CHECK(all.expose().find("obj_name") == std::string::npos);
  all.show(source, {});
  CHECK(has(all.expose(), about("maintenance_cronjob_deleted_total", "0")));
  all.forget("0a1b2c3d");
  all.show(source, {});
  all.expose();
  CHECK(has(all.expose(), about("maintenance_cronjob_deleted_total", "0")));
}

TEST_CASE("a repository with a new winner has no series of the old one") {
  instruments all;
  all.show({"ffff0000", "web", "apps", "kopia-config"}, {});
  all.show(source, {});
  auto heir = source;
  heir.obj_namespace = "web";
  all.show(heir, {});
  all.expose();
  auto text = all.expose();
  INFO(text);
  CHECK(text.find(R"(obj_name="db",obj_namespace="apps")")
        == std::string::npos);
  CHECK(text.find(R"(obj_name="db",obj_namespace="web")") != std::string::npos);
  CHECK(text.find(R"(obj_name="web")") != std::string::npos);
}

TEST_CASE("after forget_all only those are left that are shown again") {
  instruments all;
  repository_labels other{"ffff0000", "web", "apps", "kopia-config"};
  all.cron_job(source, cron_job_change::updated);
  all.show(other, {});
  all.forget_all();
  all.show(source, {});
  all.expose();
  auto text = all.expose();
  INFO(text);
  CHECK(has(text, about("maintenance_cronjob_updated_total", "1")));
  CHECK(text.find("ffff0000") == std::string::npos);
}

TEST_CASE("what leaves compressed is what leaves as text") {
  instruments all, same;
  auto check = [&] {
    auto text = all.expose();
    for (auto times = 0; times < 2; ++times)
      CHECK(holystone::test::inflated(same.expose(true)) == text);
  };
  auto each = [&](auto what) {
    what(all);
    what(same);
  };
  check();
  auto one = [](int number) {
    return repository_labels{fmt::format("{:04x}", number * 7919 % 65536),
                             std::to_string(number), "apps", "kopia"};
  };
  for (auto i = 0; i < 300; ++i)
    each([&](instruments& to) { to.show(one(i), {}); });
  check();
  // Each kind of change reaches what was compressed before.
  each([&](instruments& to) { to.show(one(7), sample(1, 2, 3, true, 4, 5)); });
  check();
  each([&](instruments& to) { to.cron_job(one(8), cron_job_change::created); });
  check();
  each([&](instruments& to) { to.maintenance_succeeded(one(9), "full", 61s); });
  check();
  each([&](instruments& to) { to.maintenance_failed(one(10), "Evicted"); });
  check();
  each([&](instruments& to) { to.show({"zz", "web", "apps", "kopia"}, {}); });
  check();
  each([&](instruments& to) { to.show({"", "lobby", "apps", "kopia"}, {}); });
  check();
}

TEST_CASE("what is forgotten leaves compressed once more as well") {
  instruments all;
  auto text = [&] {
    return holystone::test::inflated(all.expose(true));
  };
  all.cron_job(source, cron_job_change::deleted);
  text();
  all.forget("0a1b2c3d");
  CHECK(has(text(), about("maintenance_cronjob_deleted_total", "1")));
  CHECK(text().find("obj_name") == std::string::npos);
  all.show(source, {});
  all.forget("0a1b2c3d");
  all.show(source, {});
  text();
  CHECK(has(text(), about("maintenance_cronjob_deleted_total", "0")));
  all.forget_all();
  text();
  CHECK(text().find("obj_name") == std::string::npos);
}

TEST_CASE("a label's value cannot break the text format") {
  instruments all;
  all.maintenance_failed(source, "a\"b\\c\nd");
  auto text = all.expose();
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
        all.show(source, {});
        all.cron_job(source, cron_job_change::updated);
      }
    });
  for (auto i = 0; i != 20; ++i)
    all.expose(i % 2 == 0);
  for (auto& thread : threads)
    thread.join();
  auto text = all.expose();
  CHECK(has(text, about("maintenance_cronjob_updated_total", "900")));
  CHECK(has(text, R"(volsync_kopia_api_requests_total)"
                  R"({code="200",kind="jobs",verb="get"} 900)"));
}

TEST_CASE("the pages name no metric that there is not") {
  instruments all;
  show_all(all);
  auto names = [](const std::string& text, const std::regex& pattern) {
    std::set<std::string> found;
    for (std::sregex_iterator i{text.begin(), text.end(), pattern}, end;
         i != end; ++i)
      found.insert((*i)[1]);
    return found;
  };
  auto there = names(all.expose(), std::regex{"# TYPE ([a-z_]+) "});
  REQUIRE(there.size() > 20);
  for (const auto& page :
       std::filesystem::directory_iterator{HOLYSTONE_SOURCE_DIR "/docs"}) {
    if (page.path().extension() != ".md")
      continue;
    std::stringstream text;
    text << std::ifstream{page.path()}.rdbuf();
    for (const auto& name :
         names(text.str(), std::regex{"(volsync_kopia_[a-z_]*[a-z])"})) {
      INFO(page.path() << ": " << name);
      CHECK((there.contains(name)
             || there.contains(std::regex_replace(
                 name, std::regex{"_(bucket|sum|count)$"}, ""))));
    }
  }
}
