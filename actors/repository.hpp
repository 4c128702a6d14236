#pragma once

// The repository actor: performs what scheduler/repository.hpp decides. It
// keeps the facts, asks for the next step, sends that one write, folds the
// answer in and asks again; it decides nothing itself. At most one request is
// in flight. Spawned, linked and restarted by the registry.

#include "actors/interfaces.hpp"
#include "k8s_io/manifests.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <map>
#include <random>
#include <string>

namespace holystone::actors {

/// What every repository is given.
struct repository_setup {
  repository_id id;
  repository_id location_id;
  /// Canonical JSON of the location; empty until a claim or the CronJob tells.
  std::string location;
  repository_policy policy;
  mover_settings mover;
  /// Identifies this process in Events.
  std::string reporter;
  api_client api;
  secret_mirror_actor mirror;
  job_runner_actor runner;
  registry_actor registry;
  wall_clock now;
  /// Read the facts from the API server first: this replaces an actor that
  /// crashed.
  bool recover = false;
};

/// The memory of a repository actor.
struct repository_state {
  /// A write of ours whose echo the watch still owes us; older news about the
  /// object are held back until then, because they would undo the answer.
  struct echo {
    resource_version version;
    instant since;
    fact_ptr held;
  };

  /// A subject that failed and is left alone for a while.
  struct trouble_record {
    unsigned failures = 0;
    instant until;
    std::string message;
  };

  using self_pointer = repository_actor::stateful_pointer<repository_state>;

  self_pointer self = nullptr;
  repository_setup setup;
  repository_facts facts;
  std::map<std::string, echo> echoes;
  std::map<std::string, trouble_record> troubles;
  bool leading = false;
  bool settled = false;
  bool busy = false;
  /// Subjects written to since the last tick, to notice a hot loop.
  std::map<std::string, unsigned> recent;
  std::string reason;
  std::string writing;
  place seat = place::none;
  /// When to look again without an event.
  std::optional<instant> due;
  std::uint64_t generation = 0;
  std::uint64_t events = 0;
  /// Small: there is one for each repository.
  std::minstd_rand random;
  static inline const char* name = "repository";

  /// Decides and performs the next step, if it is our turn.
  void advance();

  /// Takes over what a claimant wants; news older than our own status write
  /// do not undo it.
  void claim(const claimant& who);

  /// Takes over one observation, unless an echo is owed for its object.
  void observe(const fact_ptr& what);

  /// Time has passed: echoes that never came are given up.
  void look_again();

  /// Rebuilds the facts after a crash.
  void recover();

  /// The repository as people see it.
  view_ptr view() const;

private:
  resource_version known_version(const object_uid& uid) const;
  void fold(const observation& what);
  void fold_loss(const loss& what);
  void perform(repository_step step);
  void send(const repository_step& step, request call, std::string subject);
  void finish(const repository_step& step, const std::string& subject,
              const outcome& end);
  void post(const std::vector<event_note>& notes);
  void take_seat(const repository_step& step);
  void arm(std::optional<instant> wake);
  void set_timer();
  bool blocked(const std::string& subject) const;
};

/// Maintains one repository.
repository_actor::behavior_type
repository(repository_actor::stateful_pointer<repository_state> self,
           repository_setup setup);

} // namespace holystone::actors
