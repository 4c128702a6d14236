#pragma once

// Which locations lead to one repository of kopia's: it keeps kopia's id
// and the holder from each location's Lease and how old the claims there are,
// and says what the other locations of a repository are. Plain memory; kept by
// the registry, which alone knows all repositories. What follows from it is
// decided in scheduler/shared_repository.hpp.

#include "actors/messages.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace holystone::actors {

/// Locations by kopia's id of the repository.
class aliases {
public:
  /// A location's Lease is now like this.
  void learn(const std::string& location, const lease_fact& lease);

  /// A location's Lease is gone.
  void forget(const std::string& location);

  /// A claim that can win is at this location. `text` is its canonical JSON.
  void claim(const claim_key& who, instant created, const std::string& location,
             const std::string& text);

  /// A claim is there no more, or can't win.
  void unclaim(const claim_key& who);

  /// The other locations of the same repository, as far as they matter: they
  /// are claimed, or their Lease is held.
  std::vector<alias_fact> of(const std::string& location) const;

  /// For which locations `of` may say something else than at the last call.
  std::set<std::string> take_changed();

private:
  struct place {
    std::string id;
    object_uid holder;
    object_key holder_job;
    std::string text;
    std::map<claim_key, instant> claims;
  };

  void identify(const std::string& location, place& at, const std::string& id);
  void touch(const place& at);

  std::map<std::string, place> places_;
  std::map<std::string, std::set<std::string>> by_id_;
  std::map<claim_key, std::string> at_;
  std::set<std::string> changed_;
};

} // namespace holystone::actors
