#include "scheduler/standalone_maintenance.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;

namespace {

standalone_maintenance with_schedule(const std::string& schedule) {
  standalone_maintenance given;
  given.schedule = schedule;
  return given;
}

} // namespace

TEST_CASE("a KopiaMaintenance without any field has the defaults of S1") {
  auto wanted = effective_settings(standalone_maintenance{}, {"Asia/Tokyo"});
  REQUIRE(wanted);
  CHECK(wanted->schedule == "0 2 * * *");
  CHECK(wanted->time_zone == "Asia/Tokyo");
  CHECK(wanted->quick_schedule.empty());
  CHECK_FALSE(wanted->suspend);
  CHECK(wanted->successful_jobs_history_limit == 3);
  CHECK(wanted->failed_jobs_history_limit == 1);
  CHECK(wanted->requests == quantities{{"memory", "256Mi"}});
  CHECK(wanted->limits == quantities{{"memory", "1Gi"}});
}

TEST_CASE("one that is disabled asks for nothing") {
  standalone_maintenance disabled;
  disabled.enabled = false;
  CHECK_FALSE(effective_settings(disabled, {}));
}

TEST_CASE("one that runs by hand ignores what the fork's CRD filled in") {
  standalone_maintenance manual;
  manual.manual = "tag-1";
  manual.deprecated_schedule = "no schedule at all";
  auto wanted = effective_settings(manual, {});
  REQUIRE(wanted);
  CHECK_FALSE(check(manual, *wanted));
}

TEST_CASE("the deprecated schedule holds without a trigger only") {
  standalone_maintenance old;
  old.deprecated_schedule = "0 4 * * *";
  CHECK(effective_settings(old, {})->schedule == "0 4 * * *");
  CHECK(uses_deprecated_field(old));
  old.schedule = "0 5 * * *";
  CHECK(effective_settings(old, {})->schedule == "0 5 * * *");
  CHECK_FALSE(uses_deprecated_field(old));
  standalone_maintenance filled_in;
  filled_in.deprecated_schedule = "0 2 * * *";
  CHECK_FALSE(uses_deprecated_field(filled_in));
}

TEST_CASE("a zone before the schedule counts where none is named") {
  auto wanted = effective_settings(
      with_schedule("CRON_TZ=Europe/Berlin 0 3 * * *"), {});
  CHECK(wanted->schedule == "0 3 * * *");
  CHECK(wanted->time_zone == "Europe/Berlin");
  auto both = with_schedule("CRON_TZ=Europe/Berlin 0 3 * * *");
  both.time_zone = "Asia/Tokyo";
  CHECK(check_settings(*effective_settings(both, {})));
}

TEST_CASE("what a KopiaMaintenance says replaces a default whole") {
  auto given = with_schedule("@weekly");
  given.quick_schedule = "0 * * * *";
  given.suspend = true;
  given.successful_jobs_history_limit = 0;
  given.failed_jobs_history_limit = 7;
  given.has_resources = true;
  given.requests = {{"cpu", "2"}};
  auto wanted = effective_settings(given, {});
  REQUIRE(wanted);
  CHECK(wanted->schedule == "@weekly");
  CHECK(wanted->quick_schedule == "0 * * * *");
  CHECK(wanted->suspend);
  CHECK(wanted->successful_jobs_history_limit == 0);
  CHECK(wanted->failed_jobs_history_limit == 7);
  CHECK(wanted->requests == quantities{{"cpu", "2"}});
  CHECK(wanted->limits.empty());
}

TEST_CASE("what is wrong with a KopiaMaintenance is told in the fork's words") {
  auto told = [](const standalone_maintenance& given) {
    auto wrong = check(given, *effective_settings(given, {}));
    return wrong ? wrong->message : std::string{};
  };
  standalone_maintenance both = with_schedule("0 2 * * *");
  both.manual = "now";
  CHECK(told(both).starts_with(
      "cannot specify both schedule and manual triggers"));
  CHECK(told(with_schedule("61 * * * *"))
            .starts_with("invalid cron schedule format in trigger: "));
  standalone_maintenance old;
  old.deprecated_schedule = "61 * * * *";
  CHECK(told(old).starts_with("invalid cron schedule format: "));
  auto with = [](quantities requests, quantities limits) {
    standalone_maintenance given;
    given.has_resources = true;
    given.requests = std::move(requests);
    given.limits = std::move(limits);
    return given;
  };
  struct row {
    quantities requests;
    quantities limits;
    std::string words;
  };
  for (const auto& [requests, limits, words] : std::vector<row>{
           {{}, {{"memory", "0"}}, "memory limit must be positive"},
           {{}, {{"memory", "-1Gi"}}, "memory limit must be positive"},
           {{},
            {{"memory", "101Gi"}},
            "memory limit exceeds maximum allowed (100Gi)"},
           {{}, {{"memory", "100Gi"}}, ""},
           {{}, {{"cpu", "0"}}, "CPU limit must be positive"},
           {{},
            {{"cpu", "32001m"}},
            "CPU limit exceeds maximum allowed (32 cores)"},
           {{{"memory", "0"}}, {}, "memory request must be positive"},
           {{{"memory", "2Gi"}},
            {{"memory", "1Gi"}},
            "memory request exceeds memory limit"},
           {{{"cpu", "0"}}, {}, "CPU request must be positive"},
           {{{"cpu", "2"}}, {{"cpu", "1"}}, "CPU request exceeds CPU limit"},
           {{}, {{"gpu/x", "1"}}, "unsupported resource limit: gpu/x"},
           {{{"pods", "1"}}, {}, "unsupported resource request: pods"},
           {{{"hugepages-2Mi", "4Mi"}, {"ephemeral-storage", "1Gi"}}, {}, ""},
       }) {
    INFO(words);
    auto text = told(with(requests, limits));
    if (words.empty())
      CHECK(text.empty());
    else
      CHECK(text.starts_with("invalid resource requirements: " + words + ";"));
  }
}
