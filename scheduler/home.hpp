#pragma once

// Where a repository is at home: the namespace of its CronJobs, Jobs and pods.
// That is the operator's, except for a repository on a volume that only its
// claimants' namespaces can mount (contract section 3), and for one that a
// KopiaMaintenance maintains, beside which it is (section 7). And whose Jobs
// and pods count: labels can be copied, so that a namespace without part in the
// repository has no say. Pure; whoever keeps the facts has them sorted here.

#include "scheduler/repository_facts.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holystone::scheduler {

/// The namespace in which the repository is maintained.
std::string home_of(const repository_facts& facts,
                    const std::string& operator_namespace);

/// The CronJob of this kind that the repository should have.
object_key cron_job_key(const repository_facts& facts, maintenance_kind kind,
                        const std::string& operator_namespace);

/// The namespaces whose Jobs and pods count: the operator's, those of claimants
/// that show the volume and of the winner if pods run there, and the one in
/// which the Lease's holder is.
std::vector<std::string>
namespaces_with_say(const repository_facts& facts,
                    const std::string& operator_namespace);

/// Puts every CronJob, Job and pod where it belongs: at home or elsewhere,
/// among those that count or the strangers.
void sort_out(repository_facts& facts, const std::string& operator_namespace);

} // namespace holystone::scheduler
