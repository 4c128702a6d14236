#pragma once

// A little cluster in which nothing goes wrong, with an operator that keeps up,
// and which slots ran. For stories in which the question is what should run
// when; repository_model.cpp asks what happens when things go wrong.

#include "little_operator.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

namespace holystone::scheduler {

/// Slots of a day, e.g. `02:00`.
using slots = std::set<std::string>;

/// A cluster in which runs don't fail, with an operator that keeps up.
struct quiet_cluster {
  little_cluster cluster{7};
  little_operator us{cluster};
  /// Slots of the Jobs that ran to their end.
  per_kind<slots> done;
  /// Admission is off, or was a moment ago.
  bool may_overlap = false;

  quiet_cluster() {
    cluster.failure = 0;
  }

  void live(seconds time) {
    for (auto until = cluster.now + time; cluster.now < until;) {
      us.hear_all();
      for (int i = 0; i < 50 && us.step(); ++i)
        REQUIRE((may_overlap || cluster.maintaining() <= 1));
      cluster.pass(seconds{1});
      for (const auto& [name, job] : cluster.jobs)
        if (job.fact.slot && job.fact.state == job_state::complete)
          done[job.fact.kind].insert(to_rfc3339(*job.fact.slot).substr(11, 5));
    }
  }

  claim& first() {
    return cluster.claimants.front().wish;
  }

  const claim_status& status() const {
    return *cluster.claimants.front().status;
  }

  const cron_job_fact& full() const {
    return cluster.cron_jobs.full;
  }

  const cron_job_fact& quick() const {
    return cluster.cron_jobs.quick;
  }
};

} // namespace holystone::scheduler
