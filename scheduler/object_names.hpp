#pragma once

// The names of a repository's CronJobs and of a location's Lease, both ways.
// Names are deterministic, so that a lost answer to a create is harmless
// what does not have exactly this form is not ours. The CronJob of a
// KopiaMaintenance is named after that, and its name tells no repository.
// Copies are named by the secret mirror, Jobs and pods by Kubernetes.

#include "scheduler/maintenance_kind.hpp"
#include "scheduler/object_key.hpp"
#include "scheduler/repository_identity.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holystone::scheduler {

/// The name of a repository's CronJob of this kind.
std::string cron_job_name(const repository_id& id, maintenance_kind kind);

/// The name of a KopiaMaintenance's CronJob of this kind: its own name, as far
/// as 52 characters go, and a hash of its namespace and name. The fork's name
/// where that was short enough to work.
std::string maintenance_cron_job_name(const object_key& maintenance,
                                      maintenance_kind kind);

/// The name of the Job of a KopiaMaintenance's manual run: one for each tag, as
/// the fork had it.
std::string manual_job_name(const object_key& maintenance,
                            const std::string& tag);

/// Whose CronJob a name stands for.
struct cron_job_address {
  repository_id id;
  maintenance_kind kind = maintenance_kind::full;
};

/// Reads what `cron_job_name` made; empty: the name is not one of ours.
std::optional<cron_job_address> parse_cron_job_name(std::string_view name);

/// The longest value of a label.
inline constexpr std::size_t longest_label = 63;

/// A name as it is where that is short enough, or else its beginning and a
/// hash.
std::string shortened(const std::string& name, std::size_t longest);

/// The name of a location's Lease; `location` is its hash.
std::string lease_name(std::string_view location);

/// The location's hash in what `lease_name` made; empty: not one of ours.
std::string parse_lease_name(std::string_view name);

} // namespace holystone::scheduler
