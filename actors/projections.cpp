#include "actors/projections.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"

#include <fmt/format.h>

#include <array>

namespace holystone::actors {

namespace {

/// Everything that a kind's watcher needs to know.
struct row {
  watched_kind kind;
  resource what;
  /// Only the operator's namespace.
  bool at_home;
  bool labelled;
  bool metadata_only;
};

constexpr std::array<row, watched_kinds> table{
  row{watched_kind::replication_sources, resources::replication_sources, false,
      false, false},
  row{watched_kind::secrets, resources::secrets, false, false, true},
  row{watched_kind::cron_jobs, resources::cron_jobs, true, false, false},
  row{watched_kind::jobs, resources::jobs, true, true, false},
  row{watched_kind::pods, resources::pods, true, false, false},
  row{watched_kind::leases, resources::leases, true, true, false},
  row{watched_kind::service_accounts, resources::service_accounts, true, false,
      false},
  row{watched_kind::config_maps, resources::config_maps, false, false, true}};

const row& row_of(watched_kind kind) {
  return table[static_cast<std::size_t>(kind)];
}

std::string label_at(const boost::json::value& object, std::string_view name) {
  return text_at(object, "metadata", "labels", name);
}

} // namespace

std::string_view to_string(watched_kind kind) {
  return row_of(kind).what.kind;
}

reflected to_reflected(watched_kind kind, std::string_view operator_namespace) {
  const auto& from = row_of(kind);
  reflected to;
  to.kind = from.what;
  if (from.at_home)
    to.ns = operator_namespace;
  if (from.labelled)
    to.label_selector = fmt::format("{}=true", names::kopia_maintenance);
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

fact project(watched_kind kind, const boost::json::value& object) {
  object_key key{text_at(object, "metadata", "namespace"),
                 text_at(object, "metadata", "name")};
  switch (kind) {
    case watched_kind::replication_sources:
      return read_source(object);
    case watched_kind::secrets:
      return read_secret(object);
    case watched_kind::cron_jobs:
      return cron_job_seen{std::move(key), read_cron_job(object)};
    case watched_kind::jobs:
      return job_seen{label_at(object, names::repository_hash),
                      read_job(object)};
    case watched_kind::pods:
      return pod_seen{label_at(object, names::repository_hash),
                      read_pod(object)};
    case watched_kind::leases:
      return lease_seen{std::move(key), read_lease(object)};
    case watched_kind::config_maps: {
      auto meta = read_meta(object);
      return config_map_seen{meta.key, meta.uid, meta.version};
    }
    case watched_kind::service_accounts:
      break;
  }
  return account_seen{
    std::move(key),
    flag_at(object, "automountServiceAccountToken") == false
      && label_at(object, names::kopia_maintenance) == "true"};
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
