#include "actors/stated_claim.hpp"

#include "scheduler/secret_copies.hpp"

#include <fmt/format.h>

namespace holystone::actors {

namespace {

/// What a ReplicationSource and a KopiaMaintenance say differently.
struct reading_of_claimant {
  claim& wish;
  const claim_defaults& defaults;

  /// The settings; none: the claimant is switched off.
  std::optional<maintenance_settings>
  operator()(const embedded_maintenance& given) const {
    auto settings = effective_settings(given, defaults);
    wish.deprecated_fields = given.interval_days.has_value();
    wish.says_when = given.block || given.interval_days;
    if (settings)
      wish.defect = check_settings(*settings);
    else
      wish.defect
          = trouble{"Disabled", "maintenance is switched off by "
                                "spec.kopia.maintenanceCronJob.enabled, "
                                "maintenanceIntervalDays or the operator's "
                                "--default-maintenance"};
    return settings;
  }

  std::optional<maintenance_settings>
  operator()(const standalone_maintenance& given) const {
    auto settings = effective_settings(given, defaults);
    wish.deprecated_fields = uses_deprecated_field(given);
    wish.manual = given.manual;
    if (settings)
      wish.defect = check(given, *settings);
    else
      wish.defect
          = trouble{"Disabled", "maintenance is switched off by spec.enabled"};
    return settings;
  }
};

/// Where the claimant has its repository's Secret and CA.
std::string_view field_above(claim_kind kind) {
  return kind == claim_kind::replication_source ? "spec.kopia"
                                                : "spec.repository";
}

} // namespace

object_key secret_of(const claimant_fact& from) {
  return {from.who.object.ns, from.secret};
}

claimant to_claimant(const claimant_fact& from) {
  claimant wants;
  auto& wish = wants.wish;
  wish.who = from.who;
  wish.uid = from.uid;
  wish.version = from.version;
  wish.created = from.created;
  wish.generation = from.generation;
  wish.secret = secret_of(from);
  wish.ca = from.ca;
  wish.identity = from.identity;
  wish.resync = from.resync;
  wish.resets_failures = from.resets_failures;
  wants.status = from.status;
  wants.since = from.since;
  return wants;
}

bool state_settings(claim& wish, const claimant_fact& from,
                    const claim_defaults& defaults) {
  auto settings
      = std::visit(reading_of_claimant{wish, defaults}, from.maintenance);
  if (settings)
    wish.settings = *settings;
  return settings.has_value();
}

std::optional<copy_source> ca_of(const claimant_fact& from) {
  claim wish;
  wish.secret = secret_of(from);
  wish.ca = from.ca;
  return ca_source(wish);
}

const named_volume* volume_of(const claimant_fact& from, const reading& told) {
  if (!told.where)
    return told.needs_volume && !from.volumes.empty() ? &from.volumes.front()
                                                      : nullptr;
  return reach_of(*told.where) == reach::unknown
             ? volume_under(from.volumes, told.where->parts.at("path"))
             : nullptr;
}

std::optional<object_key> named_cache(const claim& wish) {
  const auto& cache = pods_of(wish.settings).cache;
  if (cache.where != cache_wishes::place::existing_claim)
    return std::nullopt;
  return object_key{wish.who.object.ns, cache.claim};
}

std::set<object_key> mounted_by(const claimant_fact& from) {
  std::set<object_key> all;
  for (const auto& volume : from.volumes)
    if (!volume.claim_name.empty())
      all.insert({from.who.object.ns, volume.claim_name});
  const auto* given = std::get_if<standalone_maintenance>(&from.maintenance);
  if (given && given->pods
      && given->pods->cache.where == cache_wishes::place::existing_claim)
    all.insert({from.who.object.ns, given->pods->cache.claim});
  return all;
}

trouble nameless(claim_kind kind) {
  if (kind == claim_kind::kopia_maintenance)
    return {"Error", "repository.repository field is required"};
  return {"Error", "spec.kopia.repository is empty; name the Secret of the "
                   "repository"};
}

trouble missing_secret(const object_key& secret) {
  return {"Waiting",
          fmt::format("Secret {} does not exist; create it", to_string(secret)),
          "Secret"};
}

trouble missing_ca(const copy_source& ca, claim_kind kind) {
  auto is_secret = ca.what == copy_source::kind::ca_secret;
  std::string what = is_secret ? "Secret" : "ConfigMap";
  return {"Waiting",
          fmt::format("{} {}, which {}.customCA.{} names, does not exist; "
                      "create it",
                      what, to_string(ca.key), field_above(kind),
                      is_secret ? "secretName" : "configMapName"),
          what};
}

trouble missing_cache(const object_key& cache) {
  return {"Waiting",
          fmt::format("PersistentVolumeClaim {}, which spec.cachePVC "
                      "names, does not exist; create it",
                      to_string(cache)),
          "PersistentVolumeClaim"};
}

} // namespace holystone::actors
