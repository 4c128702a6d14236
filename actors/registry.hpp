#pragma once

// The registry: which claim belongs to which repository. It keeps the sources,
// the versions of Secrets and where each Secret's repository is, starts and
// restarts one repository actor for every hash, passes facts on to it, and
// gives out the places of the limit over all repositories. It writes nothing
// but the ServiceAccount of the pods. Spawned by the root.

#include "actors/interfaces.hpp"
#include "actors/repository.hpp"
#include "scheduler/restart_policy.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <bitset>
#include <deque>
#include <map>
#include <set>
#include <string>

namespace holystone::actors {

/// What the registry is given.
struct registry_setup {
  /// What every repository is given; identity and registry are filled in.
  repository_setup common;
  claim_defaults defaults;
  /// `--repository-identity=secret`.
  bool identity_by_secret = false;
  /// `--max-concurrent-maintenance`; 0: no limit.
  unsigned max_concurrent = 10;
  /// `--max-concurrent-per-endpoint`; 0: no limit.
  unsigned max_per_endpoint = 0;
  /// Namespaces that are served; empty: all.
  std::vector<std::string> namespaces;
};

/// A repository as the registry sees it.
struct repository_entry {
  repository_actor actor;
  repository_id location_id;
  std::string location;
  /// The storage behind it, for the limit per endpoint.
  std::string endpoint;
  std::set<claim_key> claims;
  restart_policy supervised;
  /// Set while the actor is down: when it is started again.
  std::optional<instant> restart_at;
};

/// Where a Secret was copied to.
struct copied {
  object_key copy;
  std::string repository;
};

/// The memory of the registry.
struct registry_state {
  using self_pointer = registry_actor::stateful_pointer<registry_state>;

  self_pointer self = nullptr;
  registry_setup setup;
  std::bitset<watched_kinds> synced;
  bool leading = false;
  /// The first readings have come; before, an election would be premature.
  bool is_open = false;
  /// When it opens at the latest: a Secret that can't be read must not hold up
  /// all the others.
  std::optional<instant> opens_at;
  bool account_exists = false;
  std::map<object_key, source_fact> sources;
  /// Every Secret's incarnation and version, nothing else (P-3).
  std::map<object_key, std::pair<object_uid, std::string>> secrets;
  /// What each claimed Secret said when it was read.
  std::map<object_key, reading_ptr> readings;
  std::set<object_key> being_read;
  /// What the repositories without claims heard last of `is_settled`.
  bool told_settled = false;
  /// Which sources name a Secret.
  std::map<object_key, std::set<object_key>> named_by;
  /// Where a Secret's copy says that its repository is; holds while the Secret
  /// itself is missing.
  std::map<object_key, copied> copied_to;
  /// The last word on each location's Lease, for repositories that come later.
  std::map<std::string, fact_ptr> leases;
  /// Where each claim is now; the empty hash is the lobby.
  std::map<claim_key, std::string> placed;
  /// By hash. The lobby has the empty hash: the repository of the claims that
  /// have none; it writes why they wait.
  std::map<std::string, repository_entry> repositories;
  /// Repositories of pods and Jobs, for facts without our labels.
  std::map<std::string, std::string> repository_of_job;
  std::set<std::string> running;
  std::deque<std::string> queue;
  std::uint64_t generation = 0;
  static inline const char* name = "registry";

  void take(const observation& what);
  void complete(watched_kind kind);
  void lead(bool leads);
  void was_read(const reading_ptr& told);
  void read_again(const object_key& secret);
  void seat(const std::string& hash, place where);
  void finished(const std::string& hash);
  void fell(const caf::actor_addr& who);
  void tick();
  registry_view_ptr view() const;

private:
  void take_fact(const fact& what, const fact_ptr& shared);
  void take_loss(const loss& what, const fact_ptr& shared);
  void take_source(const source_fact& source);
  void drop_source(const object_key& key);
  void take_secret(const secret_fact& secret, const fact_ptr& shared);
  void place_again(const object_key& secret);
  void place_claim(const source_fact& source);
  void put(const source_fact& source, const std::string& hash,
           const reading* known, maintenance_settings settings,
           std::optional<trouble> defect);
  void remove_claim(const claim_key& who);
  void read(const object_key& secret);
  repository_entry& entry(const std::string& hash);
  void start(const std::string& hash, repository_entry& into, bool recover);
  void pass_on(const std::string& hash, const fact_ptr& what);
  void pass_lease_on(const std::string& location);
  void tell_settled();
  void give_places();
  bool has_place(const std::string& endpoint) const;
  void arm();
  void ensure_account();
  bool all_synced() const {
    return synced.all();
  }
  /// Has every claim found its place?
  bool is_settled() const {
    return all_synced() && being_read.empty();
  }
  /// Nobody is elected before every claim could find its place.
  bool may_write() const {
    return leading && is_open;
  }
  void open();
};

/// Keeps the repositories.
registry_actor::behavior_type
registry(registry_actor::stateful_pointer<registry_state> self,
         registry_setup setup);

} // namespace holystone::actors
