#include "simulator/control_plane.hpp"

#include <algorithm>
#include <utility>

namespace holystone::simulator {

namespace {

std::optional<instant> earlier(std::optional<instant> a,
                               std::optional<instant> b) {
  if (a && b)
    return std::min(a, b);
  return a ? a : b;
}

} // namespace

control_plane::control_plane(api_server& server, workload what,
                             node_options node)
    : server_(server), content_(server),
      node_(server, std::move(what), std::move(node)) {
  restart_controllers();
}

void control_plane::restart_controllers() {
  cron_jobs_ = std::make_unique<cron_job_controller>(server_);
  jobs_ = std::make_unique<job_controller>(server_);
}

std::optional<instant> control_plane::step(instant now) {
  std::optional<instant> next;
  std::uint64_t before = 0;
  do {
    before = server_.revision();
    content_.step(now);
    next = earlier(cron_jobs_->step(now), jobs_->step(now));
    next = earlier(next, node_.step(now));
    next = earlier(next, server_.step(now));
  } while (server_.revision() != before);
  return next;
}

} // namespace holystone::simulator
