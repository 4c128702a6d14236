#include "scheduler/shared_repository.hpp"

#include <fmt/format.h>

namespace holystone::scheduler {

namespace {

/// Names what a user can look up: the hash of CronJob and Lease, the place.
std::string name_of(const alias_fact& other) {
  return other.location.empty()
             ? fmt::format("location {}", other.hash)
             : fmt::format("location {} ({})", other.hash, other.location);
}

} // namespace

sharing sharing_of(const std::vector<alias_fact>& aliases,
                   const ledger& known) {
  sharing told;
  if (!known.other_id.empty())
    told.standby = told.busy
        = fmt::format("this location led to two repositories, with kopia's ids "
                      "{} and {} (A-21)",
                      known.unique_id, known.other_id);
  for (const auto& other : aliases) {
    if (other.is_elder && told.standby.empty())
      told.standby = fmt::format("the same repository is maintained as {}",
                                 name_of(other));
    if (!other.holder)
      continue;
    told.gives_way = told.gives_way || other.is_elder;
    if (told.busy.empty())
      told.busy
          = fmt::format("Job {} has the lock of the same repository as {}",
                        to_string(other.holder_job), name_of(other));
  }
  return told;
}

std::string wrong_merge_text(const ledger& known, const std::string& location,
                             const object_key& lease) {
  if (known.other_id.empty())
    return {};
  return fmt::format(
      "Runs at {} found two repositories, with kopia's ids {} and {}, so "
      "nothing is maintained. If the repository was made anew there, accept it "
      "with: kubectl -n {} annotate lease {} {}- {}-. If not, the claims' "
      "Secrets reach different servers under one name: give each its own "
      "endpoint.",
      location, known.unique_id, known.other_id, lease.ns, lease.name,
      unique_id_key, other_id_key);
}

std::string aliases_text(const std::vector<alias_fact>& aliases,
                         const ledger& known) {
  std::string names;
  const alias_fact* elder = nullptr;
  for (const auto& other : aliases) {
    names += (names.empty() ? "" : ", ") + name_of(other);
    if (other.is_elder && !elder)
      elder = &other;
  }
  if (names.empty())
    return {};
  return fmt::format(
      "The repository (kopia's id {}) is also claimed as {}; they share one "
      "lock. {} Let all claims use one spelling of the location; a copy made "
      "by sync-to is maintained by Jobs made by hand.",
      known.unique_id, names,
      elder ? fmt::format("Standby: {} was claimed first and is maintained.",
                          name_of(*elder))
            : "This one was claimed first and is maintained.");
}

} // namespace holystone::scheduler
