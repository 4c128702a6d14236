#pragma once

// The job runner: carries out one admission step at a time on a repository's
// Lease and Jobs. It decides nothing, but before it takes a Lease it looks
// again past all caches, because a stale view may say "nobody runs".
// Stateless; spawned by the root.

#include "actors/interfaces.hpp"
#include "k8s_io/pod_template.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <string>

namespace holystone::actors {

/// What the job runner is given.
struct job_runner_setup {
  api_client api;
  std::string operator_namespace;
  mover_settings mover;
  wall_clock now;
};

/// Performs admission steps.
job_runner_actor::behavior_type job_runner(job_runner_actor::pointer self,
                                           job_runner_setup setup);

} // namespace holystone::actors
