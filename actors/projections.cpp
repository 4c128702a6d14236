#include "actors/projections.hpp"

#include "k8s_io/cache_claims.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/leader_lease.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/predecessor_objects.hpp"
#include "k8s_io/volume_objects.hpp"
#include "scheduler/fork_presence.hpp"

#include <fmt/format.h>

#include <array>

namespace holystone::actors {

namespace {

/// Where a kind is watched.
enum class scope {
  /// In the namespaces that are served.
  served,
  /// There and in the operator's.
  everywhere,
  /// The operator's namespace. Nothing is selected by label there: who removes
  /// one from a Lease or a Job must not make it vanish for us.
  home,
  /// Where claims are served but for home, what carries our operator's label.
  beside,
  /// The same, what carries a label of the fork's and none of ours.
  left
};

/// Everything that a kind's watcher needs to know.
struct row {
  watched_kind kind;
  resource what;
  scope where;
  bool metadata_only;
  /// As people read it, where that is not the resource's kind.
  std::string_view name = {};
  /// The fork's label.
  std::string_view label = names::kopia_maintenance;
};

constexpr std::array<row, watched_kinds> table{
    row{watched_kind::replication_sources, resources::replication_sources,
        scope::served, false},
    row{watched_kind::kopia_maintenances, resources::kopia_maintenances,
        scope::served, false},
    row{watched_kind::secrets, resources::secrets, scope::everywhere, true},
    row{watched_kind::cron_jobs, resources::cron_jobs, scope::home, false},
    row{watched_kind::jobs, resources::jobs, scope::home, false},
    row{watched_kind::pods, resources::pods, scope::home, false},
    row{watched_kind::leases, resources::leases, scope::home, false},
    row{watched_kind::service_accounts, resources::service_accounts,
        scope::everywhere, false},
    row{watched_kind::config_maps, resources::config_maps, scope::served, true},
    row{watched_kind::cache_claims, resources::claims, scope::everywhere, false,
        "cache"},
    row{watched_kind::cron_jobs_beside, resources::cron_jobs, scope::beside,
        false, "CronJob elsewhere"},
    row{watched_kind::jobs_beside, resources::jobs, scope::beside, false,
        "Job elsewhere"},
    row{watched_kind::pods_beside, resources::pods, scope::beside, false,
        "Pod elsewhere"},
    row{watched_kind::cron_jobs_of_fork, resources::cron_jobs, scope::left,
        false, "CronJob of the fork"},
    row{watched_kind::old_cron_jobs, resources::cron_jobs, scope::left, false,
        "old CronJob of the fork", names::fork_cron_job},
    row{watched_kind::jobs_of_fork, resources::jobs, scope::left, false,
        "Job of the fork"},
    row{watched_kind::pods_of_fork, resources::pods, scope::left, false,
        "Pod of the fork"}};

const row& row_of(watched_kind kind) {
  return table[static_cast<std::size_t>(kind)];
}

bool is_left(watched_kind kind) {
  return row_of(kind).where == scope::left;
}

/// What the fork left; without a UID when it is not the fork's. Only of a
/// CronJob there is one then that does not exist: somebody may have edited it.
predecessor_seen read_left(const resource& kind,
                           const boost::json::value& object) {
  predecessor_seen seen;
  if (!is_of_fork(object)) {
    if (kind == resources::cron_jobs) {
      auto meta = read_meta(object);
      auto& edited = std::get<predecessor>(seen.what).object;
      edited.key = meta.key;
      edited.uid = meta.uid;
    }
    return seen;
  }
  seen.secret = secret_of_fork(object);
  if (kind == resources::cron_jobs) {
    seen.what = read_predecessor(object);
  } else if (kind == resources::jobs) {
    auto job = read_job(object);
    job.ours = false;
    job.of_fork = true;
    seen.what = std::move(job);
  } else {
    auto pod = read_pod(object);
    pod.of_fork = true;
    pod.outcome.reset();
    seen.what = std::move(pod);
  }
  return seen;
}

} // namespace

std::string_view to_string(watched_kind kind) {
  const auto& from = row_of(kind);
  return from.name.empty() ? from.what.kind : from.name;
}

std::string to_string(const watched_place& place) {
  auto kind = to_string(place.kind);
  return place.ns.empty() || row_of(place.kind).where == scope::home
             ? std::string{kind}
             : fmt::format("{} in {}", kind, place.ns);
}

std::vector<watched_place> watched_places(const std::string& home,
                                          const namespace_set& served) {
  std::vector<watched_place> all;
  for (const auto& from : table) {
    auto where = served;
    if (from.where == scope::home)
      where = {home};
    else if (served.empty())
      where = {std::string{}};
    else if (from.where == scope::everywhere)
      where.insert(home);
    else if (from.where != scope::served)
      where.erase(home);
    for (const auto& ns : where)
      all.push_back({from.kind, ns});
  }
  return all;
}

reflected to_reflected(const watched_place& place, std::string_view home) {
  const auto& from = row_of(place.kind);
  reflected to;
  to.kind = from.what;
  to.ns = place.ns;
  // At home another watch tells all, and two would tell out of order.
  auto but_home = from.where == scope::beside || from.where == scope::left;
  if (but_home && place.ns.empty())
    to.field_selector = fmt::format("metadata.namespace!={}", home);
  // Of all that there may be, those that we made.
  if (from.where == scope::beside || place.kind == watched_kind::cache_claims)
    to.label_selector = fmt::format("{}={}", names::operator_namespace, home);
  if (is_left(place.kind))
    to.label_selector
        = fmt::format("{}=true,!{}", from.label, names::location_hash);
  if (place.kind == watched_kind::service_accounts)
    to.name = names::service_account;
  to.metadata_only = from.metadata_only;
  // Who wrote it tells a CronJob of the fork's.
  to.with_managers = from.what == resources::cron_jobs;
  return to;
}

const resource& resource_of(watched_kind kind) {
  return row_of(kind).what;
}

std::optional<watched_kind> kind_of(const resource& what) {
  for (const auto& from : table)
    if (from.what == what)
      return from.kind;
  return std::nullopt;
}

watched_kind own_kind(watched_kind kind) {
  const auto& what = row_of(kind).what;
  return is_left(kind) && what == resources::cron_jobs
             ? watched_kind::cron_jobs_of_fork
             : *kind_of(what);
}

fact project(watched_kind kind, const boost::json::value& object,
             std::string_view operator_namespace) {
  object_key key{text_at(object, "metadata", "namespace"),
                 text_at(object, "metadata", "name")};
  // What the fork made has labels and names that look like ours.
  auto own = *kind_of(row_of(kind).what);
  auto may_be_left = own == watched_kind::cron_jobs || own == watched_kind::jobs
                     || own == watched_kind::pods;
  if (is_left(kind) || (may_be_left && is_of_fork(object)))
    return read_left(row_of(kind).what, object);
  switch (own) {
    case watched_kind::replication_sources:
      return read_replication_source(object);
    case watched_kind::kopia_maintenances:
      return read_kopia_maintenance(object);
    case watched_kind::secrets:
      return read_secret(object, operator_namespace);
    case watched_kind::cron_jobs:
      return cron_job_seen{read_cron_job(object), address_of_cron_job(object),
                           read_location(object), read_recorded_volume(object),
                           read_image(object)};
    case watched_kind::jobs:
      return job_seen{repository_of_job(object), read_job(object)};
    case watched_kind::pods:
      return pod_seen{label_of(object, names::repository_hash),
                      read_pod(object)};
    case watched_kind::leases:
      if (key.name == fork_lease)
        return fork_lease_seen{std::move(key.ns), read_record(object)};
      return lease_seen{std::move(key), read_lease(object)};
    case watched_kind::config_maps: {
      auto meta = read_meta(object);
      return config_map_seen{meta.key, meta.uid, meta.version};
    }
    case watched_kind::cache_claims:
      return cache_claim_seen{read_cache_claim(object)};
    default:
      break;
  }
  return account_seen{std::move(key),
                      {text_at(object, "metadata", "uid")},
                      flag_at(object, "automountServiceAccountToken") == false
                          && label_of(object, names::kopia_maintenance)
                                 == "true",
                      label_of(object, names::operator_namespace),
                      read_meta(object).deleting};
}

const object_uid& uid_of(const predecessor_seen& what) {
  if (const auto* old = std::get_if<predecessor>(&what.what))
    return old->object.uid;
  if (const auto* job = std::get_if<job_fact>(&what.what))
    return job->uid;
  return std::get<pod_fact>(what.what).uid;
}

const object_uid& uid_of(const fact& what) {
  static const object_uid none;
  if (const auto* left = std::get_if<predecessor_seen>(&what))
    return uid_of(*left);
  if (const auto* claimant = std::get_if<claimant_fact>(&what))
    return claimant->uid;
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
  if (const auto* cache = std::get_if<cache_claim_seen>(&what))
    return cache->fact.uid;
  return none;
}

const resource_version& version_of(const fact& what) {
  static const resource_version none;
  if (const auto* claimant = std::get_if<claimant_fact>(&what))
    return claimant->version;
  if (const auto* secret = std::get_if<secret_fact>(&what))
    return secret->version;
  if (const auto* cron_job = std::get_if<cron_job_seen>(&what))
    return cron_job->fact.version;
  if (const auto* job = std::get_if<job_seen>(&what))
    return job->fact.version;
  if (const auto* lease = std::get_if<lease_seen>(&what))
    return lease->fact.version;
  if (const auto* left = std::get_if<predecessor_seen>(&what)) {
    if (const auto* old = std::get_if<predecessor>(&left->what))
      return old->object.version;
    if (const auto* job = std::get_if<job_fact>(&left->what))
      return job->version;
  }
  return none;
}

} // namespace holystone::actors
