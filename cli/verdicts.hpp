#pragma once

// What each check of `holystone doctor` concludes from what a cluster told.
// Pure: what was told comes in, and the time. Called by examination.cpp, which
// asks.

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "cli/findings.hpp"
#include "cli/installed.hpp"
#include "cli/rights.hpp"
#include "k8s_io/page.hpp"

namespace holystone::cli {

/// Is it an API server, and of a version that holystone is made for?
finding judge_server(const std::string& server, const k8s_io::page& version);

/// Does this machine know what time it is there? The page was asked for at
/// `before` and was there at `after`.
finding judge_clock(const k8s_io::page& version, instant before, instant after);

/// Are both kinds served, in the version that the operator reads?
finding judge_kinds(const k8s_io::page& group);

/// May the operator do what it does? `who` is asked about; `ns` is where the
/// operator is.
finding judge_rights(const std::string& who, const std::string& ns,
                     const allowances& found);

/// Does an operator lead? One that `elects` nobody needs no Lease.
finding judge_leader(const leadership& known, bool elects,
                     const std::string& lease, instant now);

/// Is the Deployment up that runs the operator?
finding judge_deployment(const std::vector<boost::json::value>& deployments,
                         const std::string& ns);

/// A Lease of another operator, ours or the fork's, in its namespace.
struct neighbour {
  std::string ns;
  leadership leads;
};

/// Do other installs of ours serve the same objects?
finding judge_others(const std::vector<neighbour>& others, instant now);

/// Does the fork lead, so that KopiaMaintenances are left to it, and if not:
/// who makes the backups and restores that so many objects want?
finding judge_fork(const std::vector<neighbour>& forks, std::size_t movers,
                   instant now);

/// Do maintenance pods get their image?
finding judge_image(const std::string& image,
                    const std::vector<boost::json::value>& pods);

/// A PersistentVolumeClaim that maintenance mounts.
struct mounted_claim {
  object_key key;
  /// By this CronJob.
  object_key user;
  /// Empty: there is no such claim.
  std::string phase;
};

/// Can they be mounted?
finding judge_storage(const std::vector<mounted_claim>& claims);

/// The claims that the pods of a CronJob mount.
std::vector<mounted_claim> claims_of(const boost::json::value& cron_job);

/// A check that could not be made.
finding undecided(std::string check, std::string why, std::string advice);

} // namespace holystone::cli
