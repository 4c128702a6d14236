#pragma once

// Which repository a fact about one of our objects is for: by the object's
// name, its label, or the Job that a pod belongs to; and who was told of an
// object, since a loss may say no more than the object's name. It also keeps
// the last word on each Lease that it is told of, because a repository may come
// later than the Lease of its location. Plain memory; kept by the registry.
// Where claims belong is said by placement.hpp.

#include "actors/kept_name.hpp"
#include "actors/messages.hpp"
#include "scheduler/folded.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace holystone::actors {

/// Facts by repository.
class addresses {
public:
  /// Takes over a fact about a copy, CronJob, Job or pod and says whose it is;
  /// empty: nobody's.
  std::string learn(const fact& what);

  /// Takes over a Lease and says of which location it is; empty: of none.
  std::string learn(const lease_seen& lease);

  /// A repository was told of this object.
  void told(const object_uid& uid, const kept<std::string>& hash);

  /// An object is gone; says which repositories were told of it.
  std::vector<std::string> forget(const loss& what);

  /// The last word on the Lease of a location; null when there is none.
  fact_ptr lease_of(const std::string& location) const;

  /// The locations that have a Lease.
  std::vector<std::string> leases() const;

private:
  name_map<std::string, folded<lease_seen>> leases_;
  // By the hash of the object's UID, of which there are many: at worst a
  // repository hears of the loss of something that it does not know.
  boost::unordered_flat_map<std::size_t, kept<std::string>> told_last_;
  /// Others that were told before.
  std::multimap<std::size_t, kept<std::string>> told_;
};

} // namespace holystone::actors
