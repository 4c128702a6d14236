#pragma once

// What must not be there when a step of a repository's Jobs is taken, to be
// looked at past the caches, because a stale view may say "nobody runs".
// It makes no request; the job runner does, one for each check.

#include "actors/messages.hpp"
#include "k8s_io/requests.hpp"
#include "scheduler/admission.hpp"

#include <boost/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace holystone::actors {

/// One look: objects of a kind, and what makes one of them an
/// obstacle (an empty text: nothing does).
struct check {
  resource kind;
  std::string ns;
  std::string selector;
  /// Of the only one to look at; empty: all.
  std::string name;
  std::function<std::string(const boost::json::value&)> obstacle;
};

/// The Leases of the repository's other locations, which are in `ns`.
std::vector<check> held_aliases(const job_order& order, const std::string& ns);

/// What has to be looked at before a Lease is taken: running Jobs and pods of
/// the location, and backups of the claimants.
std::vector<check> obstacles_to_lease(const job_order& order,
                                      const run_limits& limits,
                                      const std::string& ns, instant now);

/// Before a Job is suspended: does it have the Lease after all?
check let_in_already(const job_order& order, const job_fact& job,
                     const std::string& ns);

} // namespace holystone::actors
