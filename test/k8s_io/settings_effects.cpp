#include "an_intent.hpp"
#include "k8s_io/claimants.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <set>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

/// Reads a source whose maintenanceCronJob has this one field.
claimant_fact source_with(std::string_view field, std::string_view value) {
  return read_replication_source(json::parse(fmt::format(
      R"({{"metadata":{{"name":"data","namespace":"app"}},"spec":{{"kopia":
         {{"repository":"kopia","maintenanceCronJob":{{"{}":{}}}}}}}}})",
      field, value)));
}

/// What it says of maintenance.
embedded_maintenance given_with(std::string_view field,
                                std::string_view value) {
  return std::get<embedded_maintenance>(source_with(field, value).maintenance);
}

/// What such a source comes to: the CronJob of this kind.
json::value made_with(std::string_view field, std::string_view value,
                      maintenance_kind kind = maintenance_kind::full) {
  auto wanted = an_intent();
  auto settings = effective_settings(given_with(field, value), {});
  REQUIRE(settings);
  wanted.settings = *settings;
  wanted.kind = kind;
  wanted.schedule = schedule_of(*settings, kind);
  return cron_job(wanted, mover);
}

const json::value& container(const json::value& cron_job) {
  return items_at(cron_job, "spec", "jobTemplate", "spec", "template", "spec",
                  "containers")
      .at(0);
}

} // namespace

TEST_CASE("every field of maintenanceCronJob does what it says") {
  SECTION("enabled") {
    auto off = given_with("enabled", "false");
    CHECK_FALSE(effective_settings(off, {}));
    auto on = given_with("enabled", "true");
    CHECK(effective_settings(on, {"UTC", false}));
  }
  SECTION("schedule") {
    auto made = made_with("schedule", R"("7 3 * * 1")");
    CHECK(text_at(made, "spec", "schedule") == "7 3 * * 1");
  }
  SECTION("quickSchedule") {
    auto made
        = made_with("quickSchedule", R"("5 * * * *")", maintenance_kind::quick);
    CHECK(text_at(made, "spec", "schedule") == "5 * * * *");
    auto full = made_with("quickSchedule", R"("5 * * * *")");
    CHECK(text_at(full, "spec", "schedule") == "0 2 * * *");
  }
  SECTION("timeZone") {
    auto made = made_with("timeZone", R"("Europe/Berlin")");
    CHECK(text_at(made, "spec", "timeZone") == "Europe/Berlin");
  }
  SECTION("suspend") {
    CHECK(flag_at(made_with("suspend", "true"), "spec", "suspend") == true);
    CHECK(flag_at(made_with("suspend", "false"), "spec", "suspend") == false);
  }
  SECTION("successfulJobsHistoryLimit") {
    auto made = made_with("successfulJobsHistoryLimit", "7");
    CHECK(integer_at(made, "spec", "successfulJobsHistoryLimit") == 7);
    CHECK(integer_at(made, "spec", "failedJobsHistoryLimit") == 1);
  }
  SECTION("failedJobsHistoryLimit") {
    auto made = made_with("failedJobsHistoryLimit", "7");
    CHECK(integer_at(made, "spec", "failedJobsHistoryLimit") == 7);
    CHECK(integer_at(made, "spec", "successfulJobsHistoryLimit") == 3);
  }
  SECTION("resources") {
    auto made = made_with("resources", R"({"requests":{"memory":"1Gi"}})");
    CHECK(*find(container(made), "resources")
          == json::value{{"requests", {{"memory", "1Gi"}}}});
  }
}

TEST_CASE("no field of maintenanceCronJob in the CRD is without a test above") {
  auto path = std::string{HOLYSTONE_SOURCE_DIR}
              + "/deploy/crds/replicationsources.yaml";
  std::FILE* file = std::fopen(path.c_str(), "rb");
  REQUIRE(file);
  std::string text(1 << 20, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  // The block's direct members: the lines that are indented as its first one.
  auto from = text.find("maintenanceCronJob:");
  REQUIRE(from != text.npos);
  from = text.find("properties:\n", from) + sizeof("properties:");
  auto indent = text.find_first_not_of(' ', from) - from;
  std::set<std::string> fields;
  while (text.find_first_not_of(' ', from) - from >= indent) {
    auto end = text.find('\n', from);
    if (text.find_first_not_of(' ', from) - from == indent)
      fields.insert(text.substr(from + indent, end - from - indent - 1));
    from = end + 1;
  }
  CHECK(fields
        == std::set<std::string>{"enabled", "schedule", "quickSchedule",
                                 "timeZone", "suspend",
                                 "successfulJobsHistoryLimit",
                                 "failedJobsHistoryLimit", "resources"});
}

TEST_CASE("the CronJobs of both kinds differ in name, schedule, label and what "
          "the mover is told") {
  auto wanted = an_intent();
  auto full = cron_job(wanted, mover);
  wanted.kind = maintenance_kind::quick;
  auto quick = cron_job(wanted, mover);
  for (const auto& [made, word] : {std::pair{full, "full"}, {quick, "quick"}}) {
    json::value object = made;
    CHECK(text_at(object, "metadata", "labels", names::run_kind) == word);
    CHECK(text_at(object, "spec", "jobTemplate", "spec", "template", "metadata",
                  "labels", names::run_kind)
          == word);
    const auto& told = items_at(container(object), "args");
    CHECK(std::ranges::count(told, json::value(fmt::format("--kind={}", word)))
          == 1);
  }
  auto job = find(json::value(quick), "spec", "jobTemplate")->as_object();
  CHECK(read_job(job).kind == maintenance_kind::quick);
}
