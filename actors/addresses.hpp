#pragma once

// Which repository a fact about one of our objects is for: by the object's
// name, its label, or the Job that a pod belongs to; and who was told of an
// object, since a loss may say no more than the object's name. It also keeps
// the last word on every Lease, because a repository may come later than the
// Lease of its location. Plain memory; kept by the registry. Where claims
// belong is said by placement.hpp.

#include "actors/messages.hpp"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace holystone::actors {

/// Facts by repository.
class addresses {
public:
  /// Takes over a fact about a copy, CronJob, Job or pod and says whose it is;
  /// empty: nobody's.
  std::string learn(const fact& what);

  /// Takes over a Lease and says of which location it is; empty: of none.
  std::string learn(const lease_seen& lease, const fact_ptr& shared);

  /// A repository was told of this object.
  void told(const object_uid& uid, const std::string& hash);

  /// An object is gone; says which repositories were told of it.
  std::vector<std::string> forget(const loss& what);

  /// The last word on the Lease of a location; null when there is none.
  fact_ptr lease_of(const std::string& location) const;

  /// The locations that have a Lease.
  const std::map<std::string, fact_ptr>& leases() const {
    return leases_;
  }

private:
  std::map<std::string, fact_ptr> leases_;
  /// For pods and Jobs without our labels.
  std::map<std::string, std::string> repository_of_job_;
  /// By the object's UID.
  std::unordered_map<std::string, std::vector<std::string>> told_;
};

} // namespace holystone::actors
