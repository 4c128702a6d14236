#pragma once

// The operator as a cluster shows it: who leads, and with which settings. The
// settings decide what answers are right; they stand in the arguments of the
// pod that leads, or of the Deployment. Nothing is guessed in silence: what
// could not be found out is told. Called by the commands that ask a cluster.

#include "config/options.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "cli/cluster.hpp"

namespace holystone::cli {

/// Deployments are nothing that the operator itself reads.
inline constexpr k8s_io::resource deployments{"apps", "v1", "deployments",
                                              "Deployment"};

/// What a Lease says of who leads.
struct leadership {
  /// Empty: nobody.
  std::string holder;
  std::optional<instant> renewed;
  seconds term{0};

  /// Would a candidate still leave it alone, if the clocks agree?
  bool is_alive(instant now) const;
};

/// Reads the Lease; null stands for none.
leadership read_leadership(const boost::json::value& lease);

/// Why nobody leads, for people; empty when somebody does. `lease` is its name.
std::string absence(const leadership& known, const std::string& lease,
                    instant now);

/// The container that runs `holystone operator` in a pod or a pod template;
/// null: none does.
const boost::json::object* operator_container(const boost::json::value& pod);

/// The settings that a container's arguments and environment ask for.
result<config::options> read_settings(const boost::json::object& container);

/// An operator, as far as it can be seen.
struct installed {
  leadership leads;
  config::options settings;
  /// Why the settings are not known and their defaults stand there; empty: they
  /// are known.
  std::string unread;
  /// The ServiceAccount of its pods; empty: nothing tells it.
  std::string account;
  /// What is not so, or is not known, a sentence each.
  std::vector<std::string> notes;
};

/// Looks for the operator of this namespace.
result<installed> find_installed(cluster& api, const std::string& ns,
                                 instant now);

} // namespace holystone::cli
