#include "scheduler/claims.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

embedded_maintenance with_block(embedded_maintenance::cron_job block = {}) {
  embedded_maintenance given;
  given.block = std::move(block);
  return given;
}

embedded_maintenance with_days(int days) {
  embedded_maintenance given;
  given.interval_days = days;
  return given;
}

} // namespace

TEST_CASE(
    "a source without any field is maintained by default, or by flag not") {
  auto wanted = effective_settings({}, {});
  REQUIRE(wanted);
  CHECK(wanted->schedule == "0 2 * * *");
  CHECK(wanted->interval_days == 0);
  CHECK(!effective_settings({}, {"UTC", false}));
}

TEST_CASE("the flag leaves sources alone that ask for maintenance") {
  CHECK(effective_settings(with_block(), {"UTC", false}));
  CHECK(effective_settings(with_days(7), {"UTC", false}));
}

TEST_CASE("an empty block has the defaults of the contract") {
  auto wanted = effective_settings(with_block(), {});
  REQUIRE(wanted);
  CHECK(*wanted == maintenance_settings{});
  CHECK(wanted->time_zone == "UTC");
  CHECK_FALSE(wanted->suspend);
  CHECK(wanted->successful_jobs_history_limit == 3);
  CHECK(wanted->failed_jobs_history_limit == 1);
  CHECK(wanted->requests == quantities{{"cpu", "100m"}, {"memory", "256Mi"}});
  CHECK(wanted->limits == quantities{{"cpu", "500m"}, {"memory", "512Mi"}});
}

TEST_CASE("every field of the block is taken over") {
  embedded_maintenance::cron_job block;
  block.enabled = true;
  block.schedule = "H 3 * * *";
  block.time_zone = "Europe/Berlin";
  block.suspend = true;
  block.successful_jobs_history_limit = 0;
  block.failed_jobs_history_limit = 9;
  auto wanted = effective_settings(with_block(block), {"Asia/Tokyo", true});
  REQUIRE(wanted);
  CHECK(wanted->schedule == "H 3 * * *");
  CHECK(wanted->time_zone == "Europe/Berlin");
  CHECK(wanted->suspend);
  CHECK(wanted->successful_jobs_history_limit == 0);
  CHECK(wanted->failed_jobs_history_limit == 9);
}

TEST_CASE("given resources replace the block whole") {
  embedded_maintenance::cron_job block;
  block.has_resources = true;
  block.requests = {{"memory", "1Gi"}};
  auto wanted = effective_settings(with_block(block), {});
  REQUIRE(wanted);
  CHECK(wanted->requests == quantities{{"memory", "1Gi"}});
  CHECK(wanted->limits.empty());
}

TEST_CASE("the default zone is the operator's --timezone") {
  CHECK(effective_settings({}, {"Asia/Tokyo", true})->time_zone
        == "Asia/Tokyo");
  CHECK(effective_settings(with_block(), {"Asia/Tokyo", true})->time_zone
        == "Asia/Tokyo");
}

TEST_CASE("a zone before the schedule becomes the zone of both schedules") {
  embedded_maintenance::cron_job block;
  block.schedule = "CRON_TZ=Europe/Berlin  H 3 * * *";
  block.quick_schedule = "TZ=Europe/Berlin 0 * * * *";
  auto wanted = effective_settings(with_block(block), {"Asia/Tokyo", true});
  REQUIRE(wanted);
  CHECK(wanted->schedule == "H 3 * * *");
  CHECK(wanted->quick_schedule == "0 * * * *");
  CHECK(wanted->time_zone == "Europe/Berlin");
  CHECK(!check_settings(*wanted));
  block.quick_schedule = "0 * * * *";
  CHECK(effective_settings(with_block(block), {})->time_zone
        == "Europe/Berlin");
  block.schedule = "TZ= 0 3 * * *";
  CHECK(effective_settings(with_block(block), {"Asia/Tokyo", true})->time_zone
        == "UTC");
  block.schedule = "TZ=Mars/Olympus 0 3 * * *";
  auto defect = check_settings(*effective_settings(with_block(block), {}));
  REQUIRE(defect);
  CHECK_THAT(defect->message, Catch::Contains("Mars/Olympus"));
}

TEST_CASE("a zone before a schedule is refused where another is named") {
  struct {
    std::string schedule, quick, zone, field;
  } table[] = {
      {"TZ=UTC 0 3 * * *", "", "UTC", ".schedule: "},
      {"0 3 * * *", "TZ=UTC 0 * * * *", "", ".quickSchedule: "},
      {"TZ=UTC 0 3 * * *", "TZ=Asia/Tokyo 0 * * * *", "", ".quickSchedule: "},
      {"TZ=UTC", "", "", ".schedule: "},
  };
  for (const auto& row : table) {
    embedded_maintenance::cron_job block;
    block.schedule = row.schedule;
    block.quick_schedule = row.quick;
    block.time_zone = row.zone;
    auto defect = check_settings(*effective_settings(with_block(block), {}));
    INFO(row.schedule << ", " << row.quick << " in " << row.zone);
    REQUIRE(defect);
    CHECK_THAT(defect->message,
               Catch::StartsWith("spec.kopia.maintenanceCronJob" + row.field));
  }
}

TEST_CASE("maintenanceIntervalDays: days, and 0 is off") {
  CHECK(effective_settings(with_days(7), {})->interval_days == 7);
  // What would leave the calendar is as good as never.
  CHECK(effective_settings(with_days(2147483647), {})->interval_days == 3650);
  CHECK(!effective_settings(with_days(0), {}));
  CHECK(!effective_settings(with_days(-1), {}));
}

TEST_CASE("the block takes precedence over maintenanceIntervalDays") {
  auto both = with_block();
  both.interval_days = 7;
  CHECK(effective_settings(both, {})->interval_days == 0);
  both.interval_days = 0;
  CHECK(effective_settings(both, {}));
  both.interval_days = 7;
  both.block->enabled = false;
  CHECK(!effective_settings(both, {}));
}

TEST_CASE("a defect of the settings names the field and says what is wrong") {
  struct {
    std::string schedule, zone, field, word;
  } table[] = {
      {"61 2 * * *", "UTC", ".schedule:", "61"},
      {"H(9-3) 2 * * *", "UTC", ".schedule:", ""},
      {"", "UTC", ".schedule:", ""},
      {"CRON_TZ=UTC 0 2 * * *", "UTC", ".schedule:", "timeZone"},
      {"0 2 * * *", "Mars/Olympus", ".timeZone:", "Mars/Olympus"},
      {"0 2 * * *", "Local", ".timeZone:", "Local"},
  };
  for (const auto& row : table) {
    maintenance_settings settings;
    settings.schedule = row.schedule;
    settings.time_zone = row.zone;
    auto defect = check_settings(settings);
    INFO(row.schedule << " in " << row.zone);
    REQUIRE(defect);
    CHECK(defect->reason == "Error");
    CHECK_THAT(defect->message,
               Catch::Contains("spec.kopia.maintenanceCronJob" + row.field));
    CHECK_THAT(defect->message, Catch::Contains(row.word));
  }
  maintenance_settings fine;
  fine.schedule = "H H(1-5) * * 0";
  CHECK(!check_settings(fine));
  fine.quick_schedule = "H * * * *";
  CHECK(!check_settings(fine));
  for (auto bad : {"61 * * * *", "H(9-3) * * * *", "TZ=UTC 0 * * * *"}) {
    fine.quick_schedule = bad;
    auto defect = check_settings(fine);
    REQUIRE(defect);
    CHECK_THAT(
        defect->message,
        Catch::StartsWith("spec.kopia.maintenanceCronJob.quickSchedule: "));
  }
}
