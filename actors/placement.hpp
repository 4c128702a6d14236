#pragma once

// Which repository a claim belongs to. It keeps the claimants, the versions of
// Secrets, what the claimed Secrets said when they were read, and where copies
// were made; `place` says from these where one claim belongs, or what must be
// read first. It reads nothing itself, sends nothing and knows no actor: the
// registry tells it what is seen and carries out what it says.

#include "actors/claim_index.hpp"
#include "actors/editions.hpp"
#include "actors/injections.hpp"
#include "actors/kept_name.hpp"
#include "actors/messages.hpp"
#include "actors/recorded_places.hpp"
#include "actors/recorded_readings.hpp"
#include "scheduler/folded.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace holystone::actors {

/// The hash of the claims that have no repository; they wait in the lobby,
/// which writes why.
inline const std::string lobby;

/// What the flags say about placing claims.
struct placement_rules {
  claim_defaults defaults;
  /// `--repository-identity=secret`.
  bool identity_by_secret = false;
  /// Where Jobs of ours are given volumes by an admission policy.
  std::string operator_namespace{};
  /// What CronJobs of this version run; empty: nothing that one records of a
  /// Secret counts.
  std::string mover_image{};
};

/// Where a repository lies.
struct site {
  repository_id location_id;
  /// Canonical JSON.
  std::string location;
  /// The storage behind it, for the limit per endpoint.
  std::string endpoint;
  reach reached_by = reach::network;
};

/// The object claims nothing, or not any more.
struct unclaimed {};

/// A KopiaMaintenance that the VolSync fork serves; its repository lies here.
struct left_to_fork {
  repository_id location;
};

/// The claim belongs here; the lobby has no site.
struct placed {
  std::string hash;
  std::optional<site> where;
  /// Lacks the location when `where` does.
  claimant wants;
};

/// Where one claim belongs, or what must be read first.
using whereabouts = std::variant<unclaimed, left_to_fork, readable, placed>;

/// Knows where every claim belongs.
class placement {
public:
  using claim_keys = std::vector<claim_key>;

  explicit placement(placement_rules rules = {});

  /// A claimant is now like this. Each of these says whose place may be another
  /// now.
  claim_keys learn(const claimant_fact& claimant);

  /// A Secret is now like this; a copy of ours tells where its original's
  /// repository is.
  claim_keys learn(const secret_fact& secret);

  /// A ConfigMap is now like this; it may hold a claim's CA.
  claim_keys learn(const config_map_seen& config_map);

  /// The claim for a cache is now like this.
  claim_keys learn(const cache_claim_seen& cache);

  /// A CronJob of ours tells where its winner's repository is.
  void learn(const cron_job_seen& cron_job, const std::string& repository);

  /// A CronJob is gone.
  claim_keys forget_cron_job(const object_key& cron_job);

  /// A Job shows what an admission policy gives to its repository's pods. True
  /// when that is news: its claims' places may be others now.
  bool learn(const job_seen& job) {
    return given_.learn(job);
  }

  /// A claim that was at `before` is where `place` said; what is known of there
  /// holds here.
  void move(const std::string& before, const placed& to);

  /// A repository is gone.
  void forget_repository(const std::string& repository) {
    given_.forget(repository);
  }

  /// A Secret is about to be read.
  void reads(const object_key& secret) {
    under_way_[secret] = false;
  }

  /// Everything was seen once: little more will come, and what the cluster
  /// records of Secrets need not be read of them.
  void recall_readings();

  /// A Secret said this when it was read.
  claim_keys learn(const reading_ptr& told);

  /// A PersistentVolumeClaim turned out to be this.
  claim_keys learn(const volume_reading_ptr& told);

  /// Who names this PersistentVolumeClaim.
  claim_keys mounting(const object_key& claim) const;

  /// Does a claim name this?
  bool needs(const readable& what) const;

  /// What was read of this is forgotten if no claim names it.
  void let_go(const readable& what);

  /// From now on KopiaMaintenances claim nothing, because the fork has them, or
  /// they do again.
  claim_keys leave_maintenances(bool to_fork);

  /// A KopiaMaintenance is left to the fork, or not any more (null). True when
  /// that is news: who shares its repository has another place now.
  bool leave(const claim_key& who, const left_to_fork* where);

  /// Is there any KopiaMaintenance?
  bool has_maintenances() const;

  /// A claimant is gone.
  claim_keys forget(const claim_key& who);

  /// A Secret or a copy is gone.
  claim_keys forget(const object_key& secret);

  /// A ConfigMap is gone.
  claim_keys forget_config_map(const object_key& config_map);

  /// The claim for a cache is gone.
  claim_keys forget_cache(const object_key& cache);

  /// Who names this Secret, as repository or as CA.
  claim_keys naming(const object_key& secret) const;

  /// Whose Secret this is, or is named like the fork's copy of.
  claim_keys served_by(const object_key& secret) const;

  /// Everybody.
  claim_keys everybody() const;

  /// Where a claim belongs that is now at `before`: a location once known
  /// holds while its Secret is missing or unreadable (contract section 1).
  /// Whoever shares a repository with what is left to the fork waits: the
  /// fork's Jobs heed no lock.
  whereabouts place(const claim_key& who, const std::string& before) const;

  /// The claimant's name as it is kept, to be shared.
  kept<claim_key> name_of(const claim_key& who) const;

  std::size_t claimants() const {
    return claimants_.size();
  }
  std::size_t secrets() const {
    return secrets_.size();
  }

private:
  /// A claimant, and what of it is asked so often that it is kept at hand.
  struct known_claimant {
    folded<claimant_fact> fact;
    /// It names volumes or a claim for its cache.
    bool names_volumes = false;
  };

  std::optional<claimant_fact> find(const claim_key& who) const;
  /// The same for what claims name.
  kept<object_key> name_of(const object_key& named) const;
  void forget_name(const claim_key& who);
  /// A claimant named those PersistentVolumeClaims before, and now these. What
  /// was read of one counts no longer when nobody names it.
  void let_volumes_go(const std::set<object_key>& before,
                      const std::set<object_key>& now_is);
  whereabouts find_place(const claimant_fact& from,
                         const std::string& before) const;
  whereabouts stay(claimant wants, const std::string& before,
                   trouble why) const;
  void find_ca(claim& wish) const;
  void find_cache(claim& wish) const;
  claim_keys maintenance_of(const cache_claim_fact& cache) const;
  placed settle(claimant wants, const reading& told,
                const location& where) const;
  /// What a volume turned out to be that is named in this namespace; absent: it
  /// was not read yet.
  std::optional<result<volume_identity>> behind(const named_volume& named,
                                                const std::string& ns) const;
  /// The volume that a repository's CronJob records, for a claim that can't
  /// tell; says what must be read first to know Jobs by it.
  std::optional<readable> recall(claim& wish, const std::string& where) const;
  std::string known_place(const claim& wish, const std::string& before) const;
  whereabouts place_on(claimant wants, const std::string& before,
                       const reading& told, const named_volume& named,
                       const injection* by) const;
  whereabouts place_by_policy(claimant wants, const std::string& before,
                              const reading& told) const;

  placement_rules rules_;
  bool leaves_maintenances_ = false;
  /// By location, the KopiaMaintenances that are left to the fork.
  std::multimap<std::string, claim_key> left_;
  injections given_;
  name_map<claim_key, known_claimant> claimants_;
  editions secrets_;
  editions config_maps_;
  /// Secrets that are being read, and whether one changed meanwhile.
  std::map<object_key, bool> under_way_;
  name_map<object_key, folded<reading>> readings_;
  /// What PersistentVolumeClaims turned out to be.
  std::map<object_key, volume_reading_ptr> volumes_;
  /// Those that we made for caches.
  std::map<object_key, shared_value<cache_claim_fact>> caches_;
  /// Which claims name a Secret, a ConfigMap.
  claim_index named_by_;
  claim_index config_map_named_by_;
  recorded_places recorded_;
  /// Until everything was seen once.
  std::optional<recorded_readings> former_;
};

} // namespace holystone::actors
