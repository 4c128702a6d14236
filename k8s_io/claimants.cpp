#include "k8s_io/claimants.hpp"

#include "k8s_io/conditions.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"
#include "k8s_io/owned_fields.hpp"
#include "k8s_io/quantity.hpp"

#include <algorithm>

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

embedded_maintenance read_embedded(const json::value& kopia) {
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

/// The JSON of a part that only Kubernetes understands; empty: there is none.
std::string text_of(const json::value& from, std::string_view key) {
  const auto* found = find(from, key);
  auto is_empty = !found || found->is_null()
                  || (found->is_array() && found->get_array().empty())
                  || (found->is_object() && found->get_object().empty());
  return is_empty ? std::string{} : json::serialize(*found);
}

cache_wishes read_cache(const json::value& spec) {
  using place = cache_wishes::place;
  cache_wishes cache;
  cache.metadata_limit = small_integer(spec, "metadataCacheSizeLimitMB");
  cache.content_limit = small_integer(spec, "contentCacheSizeLimitMB");
  cache.claim = text_at(spec, "cachePVC");
  if (!cache.claim.empty()) {
    cache.where = place::existing_claim;
    return cache;
  }
  const auto* capacity = find(spec, "cacheCapacity");
  if (capacity && !capacity->is_null())
    cache.capacity = capacity->is_string() ? std::string{capacity->get_string()}
                                           : json::serialize(*capacity);
  cache.storage_class = text_at(spec, "cacheStorageClassName");
  for (const auto& mode : items_at(spec, "cacheAccessModes"))
    if (const auto* text = mode.if_string())
      cache.access_modes.emplace_back(*text);
  auto has_size = !cache.capacity.empty();
  if (has_size && amount_of(*capacity) == 0.0)
    cache.where = place::none;
  else if (has_size || !cache.storage_class.empty()
           || !cache.access_modes.empty())
    cache.where = place::own_claim;
  return cache;
}

shared_value<pod_wishes> read_pods(const json::value& spec) {
  pod_wishes pods;
  pods.service_account = text_at(spec, "serviceAccountName");
  pods.pod_security_context = text_of(spec, "podSecurityContext");
  pods.container_security_context = text_of(spec, "containerSecurityContext");
  pods.affinity = text_of(spec, "affinity");
  pods.tolerations = text_of(spec, "tolerations");
  pods.node_selector = texts_at(spec, "nodeSelector");
  pods.labels = texts_at(spec, "moverPodLabels");
  pods.volumes = text_of(spec, "moverVolumes");
  pods.cache = read_cache(spec);
  return pods == pod_wishes{} ? shared_value<pod_wishes>{}
                              : shared_value{std::move(pods)};
}

/// In the fork's words (fork-behaviour G2.5).
std::string volume_fault_of(const json::value& spec) {
  for (const auto& item : items_at(spec, "moverVolumes")) {
    auto name = text_at(item, "mountPath");
    if (name.empty())
      return "moverVolume mount path cannot be empty";
    if (name.find('/') != name.npos)
      return "moverVolume mount path cannot contain path separators: " + name;
    if (name.find("..") != name.npos)
      return "moverVolume mount path cannot contain path traversal: " + name;
  }
  return {};
}

standalone_maintenance read_standalone(const json::value& spec) {
  standalone_maintenance given;
  given.enabled = flag_at(spec, "enabled").value_or(true);
  given.suspend = flag_at(spec, "suspend").value_or(false);
  given.schedule = text_at(spec, "trigger", "schedule");
  given.manual = text_at(spec, "trigger", "manual");
  given.quick_schedule = text_at(spec, "trigger", "quickSchedule");
  given.time_zone = text_at(spec, "trigger", "timeZone");
  given.deprecated_schedule = text_at(spec, "schedule");
  given.successful_jobs_history_limit
      = small_integer(spec, "successfulJobsHistoryLimit");
  given.failed_jobs_history_limit
      = small_integer(spec, "failedJobsHistoryLimit");
  given.has_resources = find(spec, "resources") != nullptr;
  given.requests = read_quantities(members_at(spec, "resources", "requests"));
  given.limits = read_quantities(members_at(spec, "resources", "limits"));
  given.verify = flag_at(spec, "verify").value_or(true);
  if (auto deadline = integer_at(spec, "activeDeadlineSeconds"))
    given.deadline = seconds{*deadline};
  given.pods = read_pods(spec);
  given.volume_fault = volume_fault_of(spec);
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

side_condition read_condition(const json::value& condition) {
  return {text_at(condition, "type"), text_at(condition, "reason"),
          text_at(condition, "message"),
          instant_at(condition, "lastTransitionTime").value_or(instant{}),
          is_true(&condition)};
}

/// What both kinds have: the condition of type `ready` and those beside it.
std::optional<claim_status> read_conditions(const json::value& object,
                                            std::string_view ready_type) {
  const auto* ready = find_condition(object, ready_type);
  if (!ready)
    return std::nullopt;
  claim_status status;
  status.ready = is_true(ready);
  status.reason = text_at(*ready, "reason");
  status.message = text_at(*ready, "message");
  return status;
}

void read_warnings(claim_status& status, const json::value& object) {
  for (auto type : warning_types)
    if (const auto* warning = find_condition(object, type); is_true(warning))
      status.conditions.push_back(read_condition(*warning));
}

std::optional<claim_status> read_source_status(const json::value& object) {
  auto status = read_conditions(object, names::source_condition);
  if (!status)
    return std::nullopt;
  status->last_maintenance
      = instant_at(object, "status", "kopia", "lastMaintenance");
  status->next_maintenance
      = instant_at(object, "status", "kopia", "nextScheduledMaintenance");
  status->failures = static_cast<int>(
      integer_at(object, "status", "kopia", "maintenanceFailures")
          .value_or(-1));
  status->cron_job = text_at(object, "status", "kopia", "maintenanceCronJob");
  status->kopia_maintenance
      = text_at(object, "status", "kopia", "kopiaMaintenance");
  status->observed_generation
      = integer_at(object, "status", "kopia", "observedGeneration").value_or(0);
  read_warnings(*status, object);
  return status;
}

std::optional<manual_result> read_manual_result(const json::value& object) {
  const auto* found = find(object, "status", "lastManualResult");
  if (!found)
    return std::nullopt;
  return manual_result{text_at(*found, "tag"),
                       text_at(*found, "result") == names::successful,
                       text_at(*found, "reason"),
                       instant_at(*found, "finishedAt").value_or(instant{})};
}

/// One that the fork wrote has no condition of ours but tells which manual tag
/// is done.
std::optional<claim_status> read_standalone_status(const json::value& object) {
  auto has_status = find(object, "status") != nullptr;
  auto read = read_conditions(object, names::standalone_condition);
  if (!read && !has_status)
    return std::nullopt;
  auto status = read.value_or(claim_status{});
  status.last_maintenance = instant_at(object, "status", "lastMaintenanceTime");
  status.next_maintenance
      = instant_at(object, "status", "nextScheduledMaintenance");
  status.failures = static_cast<int>(
      integer_at(object, "status", "maintenanceFailures").value_or(-1));
  status.cron_job = text_at(object, "status", "activeCronJob");
  status.observed_generation
      = integer_at(object, "status", "observedGeneration").value_or(0);
  status.standalone = standalone_status{
      text_at(object, "status", "schedule"),
      instant_at(object, "status", "lastReconcileTime"),
      text_at(object, "status", "lastManualSync"), read_manual_result(object)};
  for (auto type : standalone_types)
    if (const auto* one = find_condition(object, type))
      status.conditions.push_back(read_condition(*one));
  read_warnings(status, object);
  return status;
}

/// What every object that can claim has.
claimant_fact read_claimant(const json::value& object, claim_kind kind,
                            std::string_view ready_type) {
  auto meta = read_meta(object);
  claimant_fact read;
  read.who = {kind, meta.key};
  read.uid = meta.uid;
  read.version = meta.version;
  read.created = meta.created;
  read.generation = meta.generation;
  read.deleting = meta.deleting;
  read.resync = annotation_of(object, names::resync);
  // It is only compared; a long one would fill the copy's annotations.
  if (constexpr std::size_t longest = 63; read.resync.size() > longest)
    read.resync = digest_of(read.resync);
  if (const auto* ready = find_condition(object, ready_type))
    read.since = instant_at(*ready, "lastTransitionTime");
  return read;
}

} // namespace

claimant_fact read_replication_source(const json::value& object) {
  auto source = read_claimant(object, claim_kind::replication_source,
                              names::source_condition);
  source.status = read_source_status(object);
  const auto* kopia = find(object, "spec", "kopia");
  if (!kopia || !kopia->is_object())
    return source;
  source.is_kopia = true;
  source.secret = text_at(*kopia, "repository");
  source.ca = read_ca(*kopia);
  source.volumes = read_named_volumes(*kopia);
  source.identity
      = backup_identity(source.who.object, text_at(*kopia, "username"),
                        text_at(*kopia, "hostname"));
  source.maintenance = read_embedded(*kopia);
  return source;
}

claimant_fact read_kopia_maintenance(const json::value& object) {
  auto read = read_claimant(object, claim_kind::kopia_maintenance,
                            names::standalone_condition);
  read.status = read_standalone_status(object);
  read.is_kopia = true;
  read.maintenance = standalone_maintenance{};
  read.resets_failures
      = text_at(object, "metadata", "annotations", names::reset_failures)
        == "true";
  const auto& finalizers = items_at(object, "metadata", "finalizers");
  auto old = std::find(finalizers.begin(), finalizers.end(),
                       json::value(names::old_finalizer));
  if (old != finalizers.end())
    read.old_finalizer = static_cast<std::size_t>(old - finalizers.begin());
  const auto* spec = find(object, "spec");
  if (!spec)
    return read;
  read.secret = text_at(*spec, "repository", "repository");
  if (const auto* repository = find(*spec, "repository"))
    read.ca = read_ca(*repository);
  read.volumes = read_named_volumes(*spec);
  read.maintenance = read_standalone(*spec);
  return read;
}

} // namespace holystone::k8s_io
