#pragma once

// What of the operator's making is in a cluster, and what of it still runs. It
// finds things by our own labels, which the fork's objects do not have, and
// changes nothing. Called by `holystone release --all`.

#include "k8s_io/objects.hpp"

#include <set>
#include <string>
#include <vector>

#include "cli/cluster.hpp"

namespace holystone::cli {

/// Something that is there.
struct leftover {
  k8s_io::resource kind;
  object_key key;
  object_uid uid;
  resource_version version;
  /// The hashes of location and repository that it carries.
  std::set<std::string> belongs_to;
};

/// Everything of ours, by what becomes of it.
struct leftovers {
  struct cron_job : leftover {
    bool is_suspended = false;
  };
  struct job : leftover {
    k8s_io::job_fact fact;
  };
  struct pod : leftover {
    k8s_io::pod_fact fact;
  };
  struct lease : leftover {
    k8s_io::lease_fact fact;
  };

  std::vector<cron_job> cron_jobs;
  std::vector<job> jobs;
  std::vector<pod> pods;
  std::vector<lease> leases;
  /// Copies of Secrets and ConfigMaps.
  std::vector<leftover> copies;
  std::vector<leftover> accounts;

  /// One sentence each for what may still run and must be waited for.
  std::vector<std::string> running;
  /// The hashes that these belong to.
  std::set<std::string> busy;

  bool is_busy(const leftover& what) const;
  std::size_t count() const;
};

/// Looks for it: in the operator's namespace, and in all others what carries
/// its name.
result<leftovers> find_leftovers(cluster& api, const std::string& ns,
                                 instant now);

/// Where else an operator of ours is or was.
struct other_homes {
  std::set<std::string> namespaces;
  /// Why other namespaces could not be looked into; empty: they were.
  std::string hidden;
};

/// Looks for Leases that are named like the operator's or a repository's in
/// other namespaces than this one.
result<other_homes> find_other_homes(cluster& api, const std::string& ns);

} // namespace holystone::cli
