#pragma once

// Which other operators of ours serve this cluster's objects: the lock
// of a repository holds within one operator namespace, so people must know of
// those in others. Judged by their Leases, which are listed again as long as
// there is something to see; it lists nothing itself. The fork is not looked at
// here: that is fork_presence.hpp. The actor `neighbours` asks.

#include "scheduler/fork_presence.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holystone::scheduler {

/// The operators of other namespaces.
class other_installs {
public:
  /// The leaders' Leases by namespace; what is not among them is gone.
  void see(const std::map<std::string, lease_record>& all, steady_instant now);

  /// How many Leases of repositories lie in which namespace.
  void see_repositories(std::map<std::string, std::size_t> by_namespace);

  /// When to list again; nothing when nobody is there.
  std::optional<steady_instant> look_again(steady_instant now) const;

  /// A sentence for each, with its namespace and what to do.
  std::vector<std::string> notices(steady_instant now) const;

private:
  // Elections are alike.
  std::map<std::string, fork_presence> leaders_;
  std::map<std::string, std::size_t> repositories_;
};

} // namespace holystone::scheduler
