#pragma once

// The roster: which repositories there are, each with its actor, where it
// lies, its claims, and how long its actor waits after a fall. It starts
// nothing and sends nothing. Plain memory; kept by the registry.

#include "actors/interfaces.hpp"
#include "actors/kept_name.hpp"
#include "actors/placement.hpp"
#include "scheduler/restart_policy.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::actors {

/// A `site` as it is kept.
struct kept_site {
  kept<std::string> location_id;
  kept<std::string> location;
  kept<std::string> endpoint;
  reach reached_by = reach::network;
};

/// A repository as the registry sees it.
struct repository_entry {
  repository_actor actor;
  kept_site where;
  boost::container::flat_set<kept<claim_key>, std::less<>> claims;
  /// Null before the actor's first fall.
  std::unique_ptr<restart_policy> falls;
  /// How many facts its actor was told.
  std::uint64_t told = 0;
  /// The actor fell and is not started again yet.
  bool is_down = false;
};

/// The repositories, by hash.
class roster {
public:
  using entries = std::map<kept<std::string>, repository_entry, std::less<>>;

  /// A repository; from now on there is one.
  repository_entry& enter(const std::string& hash);

  /// A repository; null when there is none.
  repository_entry* find(const std::string& hash);
  const repository_entry* find(const std::string& hash) const;

  /// The repository lies there now.
  void lies_at(repository_entry& which, const site& where);

  /// The hash as it is kept, to be shared.
  kept<std::string> name_of(const std::string& hash) const;

  /// A repository's actor; null when there is none.
  repository_actor actor_of(const std::string& hash) const;

  /// The storage behind a repository.
  std::string_view endpoint_of(const std::string& hash) const;

  /// Where a claim is; nothing: nowhere.
  std::optional<std::string> place_of(const claim_key& who) const;

  /// The claim is there from now on; it must be nowhere else. False when it was
  /// there before.
  bool claim(const kept<claim_key>& who, const std::string& hash);

  /// The claim is nowhere any more.
  void unclaim(const claim_key& who);

  /// Calls `take` with each claim's namespace and where it is.
  template <class Take>
  void visit_claims(const Take& take) const {
    for (const auto& [who, there] : at_)
      take(std::get<1>(who.parts()), there->first.open());
  }

  /// Who claims a repository.
  placement::claim_keys claims_of(const std::string& hash) const;

  /// The repositories at a location; with identities by Secret there may be
  /// several.
  std::vector<std::string> lying_at(const std::string& location) const;

  /// Is another repository that is claimed at the same location?
  bool is_shared(const std::string& hash) const;

  /// Whose actor this is; nothing: nobody's.
  std::optional<std::string> hash_of(const caf::actor_addr& actor) const;

  /// An actor fell; says after how long it is to be started again.
  seconds fell(const std::string& hash, steady_instant since);

  /// A repository that nobody claims is gone.
  void erase(const std::string& hash) {
    all_.erase(all_.find(hash));
  }

  const entries& all() const {
    return all_;
  }

private:
  entries all_;
  /// Of whoever was placed last; many have the same.
  kept<std::string> endpoint_;
  /// Where each claim is.
  name_map<claim_key, entries::value_type*> at_;
};

} // namespace holystone::actors
