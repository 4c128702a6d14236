#pragma once

// Which locations lead to one repository of kopia's: it keeps kopia's id
// and the holder from each location's Lease and how old the claims there are,
// and says what the other locations of a repository are. Plain memory; kept by
// the registry, which alone knows all repositories. What follows from it is
// decided in scheduler/shared_repository.hpp.

#include "actors/kept_name.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holystone::actors {

/// Locations by kopia's id of the repository.
class aliases {
public:
  aliases() = default;
  // The indexes point into the places.
  aliases(aliases&&) = default;
  aliases& operator=(aliases&&) = default;

  /// A location's Lease is now like this.
  void learn(const kept<std::string>& location, const lease_fact& lease);

  /// A location's Lease is gone.
  void forget(const std::string& location);

  /// A claim that can win is at this location. `text` is its canonical JSON.
  void claim(const kept<claim_key>& who, instant created,
             const kept<std::string>& location, const kept<std::string>& text);

  /// A claim is there no more, or can't win.
  void unclaim(const claim_key& who);

  /// The other locations of the same repository, as far as they matter: they
  /// are claimed, or their Lease is held.
  std::vector<alias_fact> of(const std::string& location) const;

  /// For which locations `of` may say something else than at the last call.
  std::set<std::string> take_changed();

private:
  struct holding {
    object_uid holder;
    object_key job;
  };

  struct place {
    /// A hash of kopia's id; 0: it is not known.
    std::size_t id = 0;
    /// Null while nobody runs there.
    std::unique_ptr<const holding> held;
    kept<std::string> text;
    /// With the time since when each is there.
    std::vector<std::pair<instant, kept<claim_key>>> claims;
  };
  using places = std::map<kept<std::string>, place, std::less<>>;

  void identify(places::value_type& at, std::size_t id);
  void touch(const place& at);
  std::vector<const places::value_type*> with_id(std::size_t id) const;

  places places_;
  boost::container::flat_set<std::pair<std::size_t, const places::value_type*>>
      by_id_;
  name_map<claim_key, places::value_type*> by_claim_;
  std::set<std::string> changed_;
};

} // namespace holystone::actors
