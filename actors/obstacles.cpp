#include "actors/obstacles.hpp"

#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"
#include "k8s_io/predecessor_objects.hpp"
#include "scheduler/object_names.hpp"
#include "scheduler/run_end.hpp"

#include <fmt/format.h>

namespace holystone::actors {

namespace {

std::function<std::string(const boost::json::value&)>
running_job(const run_limits& limits, instant now) {
  return [=](const boost::json::value& object) {
    auto job = read_job(object);
    return job.state == job_state::running && !is_spent(job, limits, now)
               ? fmt::format("Job {} runs already", to_string(job.key))
               : std::string{};
  };
}

std::function<std::string(const boost::json::value&)>
live_pod(const run_limits& limits, instant now) {
  return [=](const boost::json::value& object) {
    auto pod = read_pod(object);
    return is_live(pod, limits, now)
               ? fmt::format("pod {} has not ended", to_string(pod.key))
               : std::string{};
  };
}

/// A backup that lasts longer than a day is not waited for: its owner could
/// keep others from being maintained for ever.
std::function<std::string(const boost::json::value&)>
running_backup(instant now) {
  return [=](const boost::json::value& object) {
    auto pod = read_pod(object);
    return !pod.ended && now < pod.created + std::chrono::hours{24}
               ? fmt::format("backup pod {} has not ended", to_string(pod.key))
               : std::string{};
  };
}

std::string held_lease(const boost::json::value& object) {
  auto lease = read_lease(object);
  return lease.holder
             ? fmt::format("Job {} has the lock of the same repository "
                           "at another location",
                           to_string(lease.holder_job))
             : std::string{};
}

std::function<std::string(const boost::json::value&)>
running_left(const object_key& secret) {
  return [=](const boost::json::value& object) {
    auto job = read_job(object);
    return is_of_fork(object) && secret_of_fork(object) == secret
                   && job.state == job_state::running
               ? fmt::format("Job {} of the VolSync fork runs",
                             to_string(job.key))
               : std::string{};
  };
}

} // namespace

std::vector<check> held_aliases(const job_order& order, const std::string& ns) {
  std::vector<check> all;
  for (const auto& hash : order.aliases)
    all.push_back({resources::leases, ns, {}, lease_name(hash), held_lease});
  return all;
}

std::vector<check> obstacles_to_lease(const job_order& order,
                                      const run_limits& limits,
                                      const std::string& ns, instant now) {
  auto of_location
      = fmt::format("{}={}", names::location_hash, order.location.hex);
  std::vector<check> all;
  for (const auto& where : order.namespaces) {
    all.push_back(
        {resources::jobs, where, of_location, {}, running_job(limits, now)});
    all.push_back(
        {resources::pods, where, of_location, {}, live_pod(limits, now)});
  }
  for (auto& other : held_aliases(order, ns))
    all.push_back(std::move(other));
  for (const auto& secret : order.secrets_of_fork)
    all.push_back({resources::jobs,
                   secret.ns,
                   fmt::format("!{}", names::location_hash),
                   {},
                   running_left(secret)});
  for (const auto& who : order.claimants)
    if (who.kind == claim_kind::replication_source)
      all.push_back({resources::pods,
                     who.object.ns,
                     fmt::format("{}=volsync-src-{}", names::job_name,
                                 who.object.name.substr(0, 51)),
                     {},
                     running_backup(now)});
  return all;
}

check let_in_already(const job_order& order, const job_fact& job,
                     const std::string& ns) {
  auto holds = [job](const boost::json::value& object) {
    return read_lease(object).holder == job.uid
               ? fmt::format("Job {} has the Lease", to_string(job.key))
               : std::string{};
  };
  return {resources::leases, ns, {}, lease_name(order.location.hex), holds};
}

} // namespace holystone::actors
