#include "scheduler/standalone_maintenance.hpp"

#include "scheduler/quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace holystone::scheduler {

namespace {

/// What the deprecated field says where the fork's CRD filled it in.
const std::string usual_schedule = maintenance_settings{}.schedule;

bool has_trigger(const standalone_maintenance& given) {
  return !given.schedule.empty() || !given.manual.empty();
}

/// A resource with the most that a container may have of it.
struct bounded {
  std::string_view name;
  std::string_view words;
  double most;
  std::string_view most_words;
};

constexpr std::array bounds{
    bounded{"memory", "memory", 100.0 * 1024 * 1024 * 1024, "100Gi"},
    bounded{"cpu", "CPU", 32, "32 cores"}};

std::optional<double> amount_in(const quantities& all, std::string_view name) {
  auto i = all.find(std::string{name});
  return i == all.end() ? std::nullopt : parse_quantity(i->second);
}

std::string fault_of(const bounded& what, const quantities& requests,
                     const quantities& limits) {
  auto limit = amount_in(limits, what.name);
  auto wanted = amount_in(requests, what.name);
  if (limit && *limit <= 0)
    return fmt::format("{} limit must be positive", what.words);
  if (limit && *limit > what.most)
    return fmt::format("{} limit exceeds maximum allowed ({})", what.words,
                       what.most_words);
  if (wanted && *wanted <= 0)
    return fmt::format("{} request must be positive", what.words);
  if (limit && wanted && *wanted > *limit)
    return fmt::format("{0} request exceeds {0} limit", what.words);
  return {};
}

bool is_known(std::string_view resource) {
  return resource == "cpu" || resource == "memory"
         || resource == "ephemeral-storage"
         || resource.starts_with("hugepages-");
}

std::string unknown_in(const quantities& all, std::string_view words) {
  for (const auto& [name, amount] : all) {
    if (!is_known(name))
      return fmt::format("unsupported resource {}: {}", words, name);
    if (!parse_quantity(amount))
      return fmt::format("{} {} is no quantity: {}", name, words, amount);
  }
  return {};
}

/// What is wrong with the container's resources; empty: nothing.
std::string fault_of(const quantities& requests, const quantities& limits) {
  for (auto fault :
       {fault_of(bounds[0], requests, limits),
        fault_of(bounds[1], requests, limits), unknown_in(limits, "limit"),
        unknown_in(requests, "request")})
    if (!fault.empty())
      return fault;
  return {};
}

} // namespace

std::optional<maintenance_settings>
effective_settings(const standalone_maintenance& given,
                   const claim_defaults& defaults) {
  if (!given.enabled)
    return std::nullopt;
  maintenance_settings wanted;
  wanted.requests = {{"memory", "256Mi"}};
  wanted.limits = {{"memory", "1Gi"}};
  if (!given.schedule.empty())
    wanted.schedule = given.schedule;
  else if (!given.deprecated_schedule.empty() && given.manual.empty())
    wanted.schedule = given.deprecated_schedule;
  wanted.quick_schedule = given.quick_schedule;
  wanted.time_zone
      = given.time_zone.empty() ? defaults.time_zone : given.time_zone;
  if (given.time_zone.empty())
    take_zone(wanted);
  wanted.suspend = given.suspend;
  wanted.successful_jobs_history_limit
      = given.successful_jobs_history_limit.value_or(
          wanted.successful_jobs_history_limit);
  wanted.failed_jobs_history_limit = given.failed_jobs_history_limit.value_or(
      wanted.failed_jobs_history_limit);
  if (given.has_resources) {
    wanted.requests = given.requests;
    wanted.limits = given.limits;
  }
  wanted.verify = given.verify;
  wanted.deadline = given.deadline;
  wanted.pods = given.pods;
  return wanted;
}

std::optional<trouble> check(const standalone_maintenance& given,
                             const maintenance_settings& settings) {
  if (!given.schedule.empty() && !given.manual.empty())
    return trouble{"Error", "cannot specify both schedule and manual triggers; "
                            "remove spec.trigger.schedule or "
                            "spec.trigger.manual"};
  const field_names fields{
      given.schedule.empty() ? "invalid cron schedule format: spec.schedule"
                             : "invalid cron schedule format in trigger: "
                               "spec.trigger.schedule",
      "invalid cron schedule format in trigger: spec.trigger.quickSchedule",
      "spec.trigger.timeZone"};
  if (auto bad = check_settings(settings, fields))
    return bad;
  if (auto fault = fault_of(settings.requests, settings.limits); !fault.empty())
    return trouble{"Error",
                   fmt::format("invalid resource requirements: {}; correct "
                               "spec.resources",
                               fault)};
  if (!given.volume_fault.empty())
    return trouble{"Error", given.volume_fault};
  return std::nullopt;
}

bool uses_deprecated_field(const standalone_maintenance& given) {
  return !has_trigger(given) && !given.deprecated_schedule.empty()
         && given.deprecated_schedule != usual_schedule;
}

} // namespace holystone::scheduler
