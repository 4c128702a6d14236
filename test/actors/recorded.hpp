#pragma once

// What is recorded in a cluster's objects, which a fresh cluster is given to
// compare: by the chain of changes here and by the faults of test/perturb.

#include "k8s_io/fields.hpp"

#include <boost/json/value.hpp>

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holystone {

using objects = std::vector<boost::json::value>;

/// The value at the end of the path, to be edited; null: there is none.
inline boost::json::value*
member(boost::json::value& of, std::initializer_list<std::string_view> path) {
  auto* value = &of;
  for (auto step : path) {
    auto* members = value->if_object();
    value = members ? members->if_contains(step) : nullptr;
    if (!value)
      return nullptr;
  }
  return value;
}

/// `ReplicationSource app/data`, as a CronJob names its winner.
inline std::string name_of(const boost::json::value& object) {
  using k8s_io::text_at;
  return text_at(object, "kind") + " "
         + text_at(object, "metadata", "namespace") + "/"
         + text_at(object, "metadata", "name");
}

/// The CronJobs that their winner's settings are in, behind the winner; one
/// whose winner can't be maintained, or is gone, stays as it was, and so does
/// one that somebody copied.
inline std::set<std::string> in_force(const objects& all) {
  using k8s_io::text_at;
  std::set<std::string> names;
  for (const auto& object : all)
    for (const auto& condition :
         k8s_io::items_at(object, "status", "conditions"))
      if ((text_at(condition, "type") == "MaintenanceReady"
           || text_at(condition, "type") == "Ready")
          && text_at(condition, "status") == "True") {
        auto winner = name_of(object);
        names.insert(winner + text_at(object, "status", "activeCronJob"));
        names.insert(
            winner + text_at(object, "status", "kopia", "maintenanceCronJob"));
      }
  return names;
}

} // namespace holystone
