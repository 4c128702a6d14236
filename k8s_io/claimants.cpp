#include "k8s_io/claimants.hpp"

#include "k8s_io/conditions.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"
#include "k8s_io/owned_fields.hpp"

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// A quantity may be written as a number or as a text.
quantities read_quantities(const json::object& members) {
  quantities found;
  for (const auto& [name, amount] : members) {
    if (const auto* text = amount.if_string())
      found.emplace(name, *text);
    else if (amount.is_number())
      found.emplace(name, json::serialize(amount));
  }
  return found;
}

std::optional<int> small_integer(const json::value& from,
                                 std::string_view key) {
  auto number = integer_at(from, key);
  return number ? std::optional{static_cast<int>(*number)} : std::nullopt;
}

embedded_maintenance read_maintenance(const json::value& kopia) {
  embedded_maintenance given;
  given.interval_days = small_integer(kopia, "maintenanceIntervalDays");
  const auto* block = find(kopia, "maintenanceCronJob");
  if (!block || !block->is_object())
    return given;
  given.block = embedded_maintenance::cron_job{};
  auto& cron_job = *given.block;
  cron_job.enabled = flag_at(*block, "enabled");
  cron_job.schedule = text_at(*block, "schedule");
  cron_job.quick_schedule = text_at(*block, "quickSchedule");
  cron_job.time_zone = text_at(*block, "timeZone");
  cron_job.suspend = flag_at(*block, "suspend");
  cron_job.successful_jobs_history_limit
      = small_integer(*block, "successfulJobsHistoryLimit");
  cron_job.failed_jobs_history_limit
      = small_integer(*block, "failedJobsHistoryLimit");
  cron_job.has_resources = find(*block, "resources") != nullptr;
  cron_job.requests
      = read_quantities(members_at(*block, "resources", "requests"));
  cron_job.limits = read_quantities(members_at(*block, "resources", "limits"));
  return given;
}

std::optional<custom_ca> read_ca(const json::value& kopia) {
  auto secret = text_at(kopia, "customCA", "secretName");
  auto config_map = text_at(kopia, "customCA", "configMapName");
  if (secret.empty() && config_map.empty())
    return std::nullopt;
  // A Secret is preferred (fork-behaviour G4.1); S1's default key is ca.crt.
  auto key = text_at(kopia, "customCA", "key");
  return custom_ca{secret, secret.empty() ? config_map : std::string{},
                   key.empty() ? "ca.crt" : key};
}

std::optional<claim_status> read_status(const json::value& object) {
  const auto* ready = find_condition(object, names::ready_condition);
  if (!ready)
    return std::nullopt;
  claim_status status;
  status.last_maintenance
      = instant_at(object, "status", "kopia", "lastMaintenance");
  status.next_maintenance
      = instant_at(object, "status", "kopia", "nextScheduledMaintenance");
  status.failures = static_cast<int>(
      integer_at(object, "status", "kopia", "maintenanceFailures")
          .value_or(-1));
  status.cron_job = text_at(object, "status", "kopia", "maintenanceCronJob");
  status.observed_generation
      = integer_at(object, "status", "kopia", "observedGeneration").value_or(0);
  status.ready = is_true(ready);
  status.reason = text_at(*ready, "reason");
  status.message = text_at(*ready, "message");
  for (auto type : warning_types)
    if (const auto* warning = find_condition(object, type); is_true(warning))
      status.warnings.push_back(
          {std::string{type}, text_at(*warning, "reason"),
           text_at(*warning, "message"),
           instant_at(*warning, "lastTransitionTime").value_or(instant{})});
  return status;
}

} // namespace

source_fact read_source(const json::value& object) {
  auto meta = read_meta(object);
  source_fact source;
  source.who = {claim_kind::replication_source, meta.key};
  source.uid = meta.uid;
  source.version = meta.version;
  source.created = meta.created;
  source.generation = meta.generation;
  source.deleting = meta.deleting;
  source.resync = value_of(meta.annotations, names::resync);
  // It is only compared; a long one would fill the copy's annotations.
  if (constexpr std::size_t longest = 63; source.resync.size() > longest)
    source.resync = digest_of(source.resync);
  source.status = read_status(object);
  if (const auto* ready = find_condition(object, names::ready_condition))
    source.since = instant_at(*ready, "lastTransitionTime");
  const auto* kopia = find(object, "spec", "kopia");
  if (!kopia || !kopia->is_object())
    return source;
  source.is_kopia = true;
  source.secret = text_at(*kopia, "repository");
  source.ca = read_ca(*kopia);
  source.volumes = read_named_volumes(*kopia);
  source.identity = backup_identity(meta.key, text_at(*kopia, "username"),
                                    text_at(*kopia, "hostname"));
  source.maintenance = read_maintenance(*kopia);
  return source;
}

} // namespace holystone::k8s_io
