#pragma once

// One of each series that there is. For the tests of this folder, and for the
// page that lists them.

#include "metrics/instruments.hpp"

namespace holystone::metrics {

/// Shows every family with all of its labels.
inline void show_all(instruments& all) {
  using namespace std::chrono_literals;
  const repository_labels source{"0123456789abcdef", "data", "apps", "kopia"};
  all.watch_events("jobs");
  all.relisted("jobs");
  all.skipped("jobs", 0);
  all.api_request("get", "jobs", 200, 1ms);
  all.written("apply", "jobs");
  all.actor_restarted("registry");
  repository_sample now;
  now.last_success = 1;
  now.next_run = 2;
  now.interval = 3;
  now.bytes = now.contents = now.index_blobs = 4;
  all.show(source, now);
  all.cron_job(source, cron_job_change::created);
}

} // namespace holystone::metrics
