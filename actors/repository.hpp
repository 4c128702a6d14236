#pragma once

// The repository actor: performs what scheduler/repository.hpp decides. It has
// observed.hpp keep the facts, asks for the next step, sends that one write,
// has the answer folded in and asks again; it decides nothing itself. At most
// one request is in flight. Spawned, linked and restarted by the registry.

#include "actors/event_poster.hpp"
#include "actors/interfaces.hpp"
#include "actors/observed.hpp"
#include "actors/seldom.hpp"
#include "actors/tally.hpp"
#include "actors/troubled_subjects.hpp"
#include "k8s_io/pod_template.hpp"
#include "metrics/broadcaster.hpp"
#include "scheduler/waiting_jobs.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <random>
#include <string>

namespace holystone::actors {

/// What all repositories share.
struct repository_commons {
  repository_policy policy;
  /// Where the cluster is looked at.
  std::vector<watched_place> watched;
  mover_settings mover;
  /// Identifies this process in Events.
  std::string reporter;
  api_client api;
  secret_mirror_actor mirror;
  job_runner_actor runner;
  volume_reader_actor volumes;
  registry_actor registry;
  wall_clock now;
  /// What each one's row of random numbers begins with, besides its name.
  std::uint32_t seed = 0;
  /// Nothing is written, but what a leader would do is told; see bystander.hpp.
  bool stands_by = false;
  /// Outlives every actor.
  metrics::instruments* meters = nullptr;
  /// So does this; null when nobody can look on.
  metrics::broadcaster* onlookers = nullptr;
};

/// What a repository is given.
struct repository_setup {
  std::shared_ptr<const repository_commons> common;
  repository_id id;
  repository_id location_id;
  /// Canonical JSON of the location; empty until a claim or the CronJob tells.
  std::string location;
  reach reached_by = reach::network;
  /// Read the facts from the API server first: this replaces an actor that
  /// crashed.
  bool recover = false;
};

/// The memory of a repository actor.
struct repository_state {
  using self_pointer = repository_actor::stateful_pointer<repository_state>;

  self_pointer self = nullptr;
  std::shared_ptr<const repository_commons> common;
  observed known;
  seldom<troubled_subjects> troubles;
  tally shown;
  bool leading = false;
  bool settled = false;
  bool busy = false;
  /// Lists that `recover` still waits for.
  unsigned unread = 0;
  std::string writing;
  place seat = place::none;
  /// When the registry is to tell us that time has passed.
  std::optional<instant> due;
  /// How many facts the registry told us.
  std::uint64_t heard = 0;
  /// What onlookers were told last, hashed.
  std::size_t line_told = 0;
  seldom<waiting_jobs> waiting;
  seldom<event_poster> events;
  /// Small: there is one for each repository.
  std::minstd_rand random;
  static inline const char* name = "repository";

  /// Takes over what it is given.
  void begin(repository_setup given);

  /// Decides and performs the next step, if it is our turn.
  void advance();

  /// There is nothing to do for now; who is idle takes little memory.
  void rest();

  /// The claimant wants this; null: nothing any more.
  void take(const claim_key& who, const claimant_ptr& wants);

  /// This became so, or is so no longer.
  void become(circumstance what, bool is_so);

  /// Time has passed.
  void look_again();

  /// Rebuilds the facts after a crash.
  void recover();

  /// The repository as people see it.
  view_ptr view();

private:
  /// Shared by all that waits for the step's end; it holds a whole CronJob.
  using step_ptr = std::shared_ptr<const repository_step>;

  const std::string& hash() const {
    return known.facts().id.hex;
  }
  void lead(bool leads);
  void decide();
  /// Tells whoever looks on what there is to see now.
  void show();
  repository_step next(instant now) const;
  void perform(const step_ptr& step);
  void order_copy(const step_ptr& step, copy_order what);
  void order_job(const step_ptr& step);
  void send(const step_ptr& step, request call);
  void finish(const repository_step& step, const outcome& end);
  void fail(const repository_step& step, const outcome& end);
  void post(const std::vector<event_note>& notes);
  void take_seat(const repository_step& step);
  void arm(std::optional<instant> wake);
  void read_again(watched_kind kind, const std::string& label,
                  const std::string& only);
  void read_again(const watched_place& place, std::string label,
                  std::string only);
  void look_for(const loss& what);
};

/// Maintains one repository.
repository_actor::behavior_type
repository(repository_actor::stateful_pointer<repository_state> self,
           repository_setup setup);

} // namespace holystone::actors
