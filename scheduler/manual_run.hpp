#pragma once

// Runs by hand: `trigger.manual` of a KopiaMaintenance asks for one run for
// each new tag (contract section 7). How far has the run come, what does the
// status tell of it, and which Job is to be made or to go? Pure. The Jobs wait
// and run like all others of the repository: admission.hpp lets them in, and
// claims.hpp sees to it that who runs by hand wins nothing. Asked by
// repository.hpp, and by standalone_status.hpp for what users are told.
//
// What is done is known from the status alone: a tag is done once it stands in
// `lastManualResult`, and no Job of ours goes before that.

#include "scheduler/admission.hpp"
#include "scheduler/repository_action.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::scheduler {

/// The reason of a result that no run gave: the tag was replaced while its Job
/// waited. It is noted so that a tag which was done before is new when it
/// comes back.
inline constexpr std::string_view replaced_reason = "Replaced";

/// How far the run of the tag that is asked for has come.
enum class manual_state { pending, running, succeeded, failed };

/// What a KopiaMaintenance is told of its manual runs.
struct manual_account {
  /// Of the tag that is asked for, if one is.
  manual_state state = manual_state::pending;
  /// What its status says of runs that ended.
  std::string last_sync;
  std::optional<manual_result> last_result;
  /// When this may change by time alone.
  std::optional<instant> look_again;
};

/// The Job of the tag that is asked for.
object_key manual_job_key(const claim& wish);

/// Sums up the manual runs of a KopiaMaintenance.
manual_account manual_account_of(const repository_facts& facts,
                                 const claimant& who, instant now);

/// One sentence on the tag that is asked for, and why nothing comes of it.
std::string manual_words(const claim& wish, const manual_account& runs);

/// A run that is wanted now, and the Job as it should be.
struct manual_order {
  const claimant* who = nullptr;
  cron_job_intent wanted;
  std::string template_digest;
};

/// The manual runs that wait for their turn or for their Job.
std::vector<manual_order> manual_orders(const repository_facts& facts,
                                        const repository_policy& policy,
                                        instant now);

/// What admission has to know of them.
std::vector<manual_terms> terms_for(const repository_facts& facts,
                                    const std::vector<manual_order>& orders);

/// The writes that bring the Jobs of manual runs closer to what is wanted, the
/// first that can be made is due: Jobs that must not run go, Jobs that are
/// wanted are made, and of those that ended so many stay as their
/// KopiaMaintenance says.
std::vector<repository_action>
manual_steps(const repository_facts& facts,
             const std::vector<manual_order>& orders,
             const admission_view& view, instant now);

/// Is this the Job of a manual run, even if it is gone?
bool is_manual_job(const repository_facts& facts, const object_key& job);

/// Whom the news of a Job are for: the KopiaMaintenance whose manual run it is,
/// or else the winner; null when there is none.
const claimant* concerned(const repository_facts& facts, const job_fact& job);

} // namespace holystone::scheduler
