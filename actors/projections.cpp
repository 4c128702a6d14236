#include "actors/projections.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/volume_objects.hpp"

#include <fmt/format.h>

#include <array>

namespace holystone::actors {

namespace {

/// Where a kind is watched.
enum class scope {
  everywhere,
  /// The operator's namespace. Nothing is selected by label there: who removes
  /// one from a Lease or a Job must not make it vanish for us.
  home,
  /// All others, what carries our operator's label.
  beside
};

/// Everything that a kind's watcher needs to know.
struct row {
  watched_kind kind;
  resource what;
  scope where;
  bool metadata_only;
  /// As people read it, where that is not the resource's kind.
  std::string_view name = {};
};

constexpr std::array<row, watched_kinds> table{
    row{watched_kind::replication_sources, resources::replication_sources,
        scope::everywhere, false},
    row{watched_kind::secrets, resources::secrets, scope::everywhere, true},
    row{watched_kind::cron_jobs, resources::cron_jobs, scope::home, false},
    row{watched_kind::jobs, resources::jobs, scope::home, false},
    row{watched_kind::pods, resources::pods, scope::home, false},
    row{watched_kind::leases, resources::leases, scope::home, false},
    row{watched_kind::service_accounts, resources::service_accounts,
        scope::everywhere, false},
    row{watched_kind::config_maps, resources::config_maps, scope::everywhere,
        true},
    row{watched_kind::cron_jobs_beside, resources::cron_jobs, scope::beside,
        false, "CronJob elsewhere"},
    row{watched_kind::jobs_beside, resources::jobs, scope::beside, false,
        "Job elsewhere"},
    row{watched_kind::pods_beside, resources::pods, scope::beside, false,
        "Pod elsewhere"}};

const row& row_of(watched_kind kind) {
  return table[static_cast<std::size_t>(kind)];
}

std::string label_at(const boost::json::value& object, std::string_view name) {
  return text_at(object, "metadata", "labels", name);
}

} // namespace

std::string_view to_string(watched_kind kind) {
  const auto& from = row_of(kind);
  return from.name.empty() ? from.what.kind : from.name;
}

reflected to_reflected(watched_kind kind, std::string_view operator_namespace) {
  const auto& from = row_of(kind);
  reflected to;
  to.kind = from.what;
  if (from.where == scope::home)
    to.ns = operator_namespace;
  if (from.where == scope::beside) {
    to.label_selector
        = fmt::format("{}={}", names::operator_namespace, operator_namespace);
    to.field_selector
        = fmt::format("metadata.namespace!={}", operator_namespace);
  }
  if (kind == watched_kind::service_accounts)
    to.name = names::service_account;
  to.metadata_only = from.metadata_only;
  return to;
}

std::optional<watched_kind> kind_of(const resource& what) {
  for (const auto& from : table)
    if (from.what == what)
      return from.kind;
  return std::nullopt;
}

watched_kind own_kind(watched_kind kind) {
  return *kind_of(row_of(kind).what);
}

fact project(watched_kind kind, const boost::json::value& object,
             std::string_view operator_namespace) {
  object_key key{text_at(object, "metadata", "namespace"),
                 text_at(object, "metadata", "name")};
  switch (own_kind(kind)) {
    case watched_kind::replication_sources:
      return read_source(object);
    case watched_kind::secrets:
      return read_secret(object, operator_namespace);
    case watched_kind::cron_jobs:
      return cron_job_seen{read_cron_job(object), address_of_cron_job(object),
                           read_location(object), read_recorded_volume(object)};
    case watched_kind::jobs:
      return job_seen{repository_of_job(object), read_job(object)};
    case watched_kind::pods:
      return pod_seen{label_at(object, names::repository_hash),
                      read_pod(object)};
    case watched_kind::leases:
      return lease_seen{std::move(key), read_lease(object)};
    case watched_kind::config_maps: {
      auto meta = read_meta(object);
      return config_map_seen{meta.key, meta.uid, meta.version};
    }
    default:
      break;
  }
  return account_seen{std::move(key),
                      {text_at(object, "metadata", "uid")},
                      flag_at(object, "automountServiceAccountToken") == false
                          && label_at(object, names::kopia_maintenance)
                                 == "true",
                      label_at(object, names::operator_namespace)};
}

const object_uid& uid_of(const fact& what) {
  static const object_uid none;
  if (const auto* source = std::get_if<source_fact>(&what))
    return source->uid;
  if (const auto* secret = std::get_if<secret_fact>(&what))
    return secret->uid;
  if (const auto* cron_job = std::get_if<cron_job_seen>(&what))
    return cron_job->fact.uid;
  if (const auto* job = std::get_if<job_seen>(&what))
    return job->fact.uid;
  if (const auto* pod = std::get_if<pod_seen>(&what))
    return pod->fact.uid;
  if (const auto* lease = std::get_if<lease_seen>(&what))
    return lease->fact.uid;
  return none;
}

const resource_version& version_of(const fact& what) {
  static const resource_version none;
  if (const auto* source = std::get_if<source_fact>(&what))
    return source->version;
  if (const auto* secret = std::get_if<secret_fact>(&what))
    return secret->version;
  if (const auto* cron_job = std::get_if<cron_job_seen>(&what))
    return cron_job->fact.version;
  if (const auto* job = std::get_if<job_seen>(&what))
    return job->fact.version;
  if (const auto* lease = std::get_if<lease_seen>(&what))
    return lease->fact.version;
  return none;
}

} // namespace holystone::actors
