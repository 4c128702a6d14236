#pragma once

// The heart: one repository's maintenance as a pure, level-triggered
// reconciler. `next_step(facts, policy, now)` compares what is wanted with
// what is known and returns the single next write, or when to look again. The
// repository actor performs that write, folds the answer into the facts and
// asks again, so at most one request is in flight and every crash point can
// be enumerated. It reads no clock and does no I/O; it knows CronJobs only as
// intents and digests (k8s_io/manifests.hpp turns an intent into JSON).

#include "scheduler/event_notes.hpp"
#include "scheduler/repository_action.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holystone::scheduler {

/// What to do next.
struct repository_step {
  repository_action action;
  /// Sent when the action has succeeded.
  std::vector<event_note> events;
  /// When to look again without an event.
  std::optional<instant> wake;
  /// Why nothing runs now, one sentence.
  std::string reason;
  /// A Job waits for a place among all repositories.
  bool wants_grant = false;
  /// Nothing is left to own: the actor may end.
  bool finished = false;
};

/// Decides the next step.
repository_step next_step(const repository_facts& facts,
                          const repository_policy& policy,
                          const is_blocked& blocked, instant now);

} // namespace holystone::scheduler
