#include "scheduler/object_names.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;

TEST_CASE("names of CronJobs say whose they are") {
  repository_id id{"0123456789abcdef"};
  for (auto kind : maintenance_kinds) {
    auto name = cron_job_name(id, kind);
    CHECK(name.size() <= 52);
    REQUIRE(parse_cron_job_name(name));
    CHECK(parse_cron_job_name(name)->id == id);
    CHECK(parse_cron_job_name(name)->kind == kind);
  }
  CHECK(cron_job_name(id, maintenance_kind::quick)
        == "kopia-maintenance-0123456789abcdef-quick");
  for (auto name :
       {"", "kopia-maintenance-", "kopia-maintenance-0123456789abcde",
        "kopia-maintenance-0123456789abcdef-", "kopia-maintenance-mine",
        "kopia-maintenance-0123456789abcdef0",
        "kopia-maintenance-0123456789abcdef-quick-2",
        "kopia-maintenance-0123456789ABCDEF", "kopia-maint-0123456789abcdef"})
    CHECK_FALSE(parse_cron_job_name(name));
}

TEST_CASE(
    "the CronJob of a KopiaMaintenance has the fork's name where that fits "
    "into 52 characters") {
  auto full = maintenance_kind::full;
  CHECK(maintenance_cron_job_name({"my-app", "daily-maintenance"}, full)
        == "kopia-maint-daily-maintenance-c1c94495be90fdf9");
  for (std::size_t length : {1, 16, 17, 22, 23, 24, 34, 63, 253})
    for (auto kind : maintenance_kinds) {
      object_key key{"my-app", std::string(length, 'x')};
      auto name = maintenance_cron_job_name(key, kind);
      CHECK(name.size() <= 52);
      CHECK(name.starts_with("kopia-maint-x"));
      // Equal beginnings don't make equal names.
      CHECK(name
            != maintenance_cron_job_name({"my-app", key.name + "y"}, kind));
      CHECK(name != maintenance_cron_job_name({"my", key.name}, kind));
    }
}

TEST_CASE("a cut name does not end in what no name may have before a hyphen") {
  auto name = maintenance_cron_job_name({"a", "twenty-two-characters.-then"},
                                        maintenance_kind::full);
  CHECK(name.find("twenty-two-characters-") != name.npos);
}

TEST_CASE("names of Leases say which location they lock") {
  std::string location = "0123456789abcdef";
  CHECK(lease_name(location) == "kopia-repository-0123456789abcdef");
  CHECK(parse_lease_name(lease_name(location)) == location);
  for (auto name : {"", "kopia-repository-", "kopia-repository-0123456789abcde",
                    "kopia-repository-0123456789ABCDEF", "holystone-operator",
                    "kopia-repository-0123456789abcdef0"})
    CHECK(parse_lease_name(name).empty());
}
