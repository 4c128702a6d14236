#pragma once

// The registry: brings every fact to the repository that it is about. It has
// placement.hpp say where each claim belongs and reads the Secrets that this
// takes, starts and restarts one repository actor for every hash, passes facts
// on to it, and gives out the places of places.hpp. It writes nothing. Spawned
// by the root.

#include "actors/addresses.hpp"
#include "actors/alarms.hpp"
#include "actors/aliases.hpp"
#include "actors/fork_watch.hpp"
#include "actors/inquiries.hpp"
#include "actors/interfaces.hpp"
#include "actors/opening.hpp"
#include "actors/placement.hpp"
#include "actors/places.hpp"
#include "actors/predecessors.hpp"
#include "actors/repository.hpp"
#include "actors/roster.hpp"
#include "actors/timer.hpp"
#include "actors/turns.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace holystone::actors {

/// What the registry is given.
struct registry_setup {
  /// What every repository is given; the registry is filled in.
  repository_commons common;
  placement_rules rules;
  place_limits limits;
  account_keeper_actor keeper;
  /// Hears when every claim has found its place and other installs were looked
  /// for; empty: nobody waits for that.
  std::function<void()> on_complete;
};

/// The memory of the registry.
struct registry_state {
  using self_pointer = registry_actor::stateful_pointer<registry_state>;

  self_pointer self = nullptr;
  /// What all repositories share.
  std::shared_ptr<const repository_commons> common;
  /// Then several repositories may share a location's Lease.
  bool identity_by_secret = false;
  bool leading = false;
  account_keeper_actor keeper;
  opening picture;
  inquiries asked;
  fork_watch fork;
  /// What the neighbours told; nothing before they did.
  std::optional<std::vector<std::string>> notices;
  std::function<void()> on_complete;
  placement claims;
  addresses known;
  aliases shared;
  predecessors left;
  places seats;
  /// What the repositories without claims heard last of `is_settled`.
  bool told_settled = false;
  roster repositories;
  alarms waiting;
  /// Of the watchers that want to read the list that they got.
  turns<caf::typed_response_promise<bool>> lists;
  timer wakeup;
  static inline const char* name = "registry";

  void begin(registry_setup given);
  void take(const observations& seen);
  void complete(const watched_place& place);
  /// A watcher has got a list.
  caf::result<bool> read_in_turn();
  void lead(bool leads);
  void read_again(const readable& what, std::uint64_t ticket);
  void seat(const std::string& hash, place where);
  void finished(const std::string& hash, std::uint64_t heard);
  /// A repository wants to be called.
  void wake(const std::string& hash, instant when);
  /// An actor that is linked to us ended.
  void ended(const caf::exit_msg& what);
  void tick();
  /// The neighbours were looked for.
  void hear_of_neighbours(std::vector<std::string> told);
  registry_view_ptr view() const;

private:
  void take_fact(const fact& what, const fact_ptr& whole);
  void take_loss(const loss& what, const fact_ptr& whole);
  void tell_loss(const loss& what);
  void put_all(const placement::claim_keys& all);
  void put(const claim_key& who);
  void put(placed told);
  void leave(const claim_key& who, const left_to_fork* where);
  void remove_claim(const claim_key& who);
  void read(const readable& what);
  void learn(const reading_ptr& told);
  void learn(const volume_reading_ptr& told);
  void start(const std::string& hash, repository_entry& into, bool recover);
  void fell(const std::string& hash);
  void call(const std::string& hash);
  void pass_on(const std::string& hash, const fact_ptr& what);
  std::vector<std::string> at_location(const std::string& location) const;
  void pass_lease_on(const std::string& location, const fact_ptr& lease);
  void learn_left(const predecessor_seen& seen);
  /// This is not the fork's any more.
  void disown(const object_uid& uid);
  void follow(const object_uid& uid);
  void follow_all(bool only_unplaced);
  void tell_left(const std::string& hash, const left_behind& what);
  void tell_aliases();
  template <class... Ts>
  void tell_all(const Ts&... what) {
    for (const auto& [hash, one] : repositories.all())
      if (one.actor)
        self->send(one.actor, what...);
  }
  void tell_settled();
  void tell_shared(const std::string& location);
  void give_places();
  void open_up();
  void tell_complete();
  void heed_fork();
  bool awaits_fork() const;
  void arm();
  bool may_write() const {
    return leading && picture.is_open();
  }
  /// Has every claim found its place?
  bool is_settled() const {
    return picture.is_synced() && asked.are_answered();
  }
};

/// Keeps the repositories.
registry_actor::behavior_type
registry(registry_actor::stateful_pointer<registry_state> self,
         registry_setup setup);

} // namespace holystone::actors
