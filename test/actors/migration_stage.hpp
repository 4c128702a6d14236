#pragma once

// What tests of migration say: a cluster with what the VolSync fork left, and
// what must hold of it at every second. Included by the tests of this folder.

#include "../k8s_io/fork_objects.hpp"
#include "k8s_io/predecessor_objects.hpp"
#include "maintenance_stage.hpp"

#include <catch2/catch.hpp>

namespace holystone::actors {

namespace fork = holystone::test::fork;

/// As the fork's manager wrote it.
inline boost::json::value by_fork(simulated_world& world,
                                  const std::string& collection,
                                  const boost::json::object& object) {
  return world.call("POST", collection + "?fieldManager=manager",
                    boost::json::serialize(object));
}

inline void add_cron_job(simulated_world& world,
                         const boost::json::object& object) {
  auto ns = text_at(object, "metadata", "namespace");
  REQUIRE(text_at(by_fork(world, batch(ns, "cronjobs"), object), "kind")
          == "CronJob");
}

/// The fork's copy of app/kopia.
inline void add_fork_copy(simulated_world& world) {
  auto source = world.call("GET", "/api/v1/namespaces/app/secrets/kopia");
  by_fork(world, "/api/v1/namespaces/volsync-system/secrets",
          fork::copy_g1b("app", find(source, "data")->as_object()));
}

/// The fork's generations.
enum class generation { g1a, s0, g1b, g2, early_g2 };
inline constexpr std::array generations{generation::g1a, generation::s0,
                                        generation::g1b, generation::g2,
                                        generation::early_g2};

inline bool is_g2(generation of) {
  return of == generation::g2 || of == generation::early_g2;
}

/// The CronJob of the fork's for app/data or for app/daily, whose repository is
/// in the bucket `one`; the Secret and the KopiaMaintenance must exist.
inline void add_fork_cron_job(simulated_world& world, generation of) {
  if (of == generation::g1a)
    add_cron_job(world, fork::cron_job_g1a("app"));
  if (of == generation::s0)
    add_cron_job(world, fork::cron_job_s0("app"));
  if (of == generation::g1b) {
    add_fork_copy(world);
    add_cron_job(world, fork::cron_job_g1b("app"));
  }
  if (is_g2(of)) {
    auto name
        = maintenance_cron_job_name({"app", "daily"}, maintenance_kind::full);
    if (of == generation::early_g2)
      name.resize(name.size() - 8);
    add_cron_job(world,
                 fork::cron_job_g2("app", name, "daily",
                                   text_at(maintenance(world, "app", "daily"),
                                           "metadata", "uid")));
  }
}

/// A claim and what the fork made for it.
inline void add_old_claim(simulated_world& world, generation of) {
  if (is_g2(of)) {
    add_repository(world, "app", "one");
    add_maintenance(world, "app", "daily", "trigger: {schedule: '0 2 * * *'}");
  } else {
    add_source(world, "app", "one");
  }
  add_fork_cron_job(world, of);
}

inline boost::json::array all_of(simulated_world& world,
                                 const std::string& collection) {
  return items_at(world.call("GET", collection), "items");
}

inline boost::json::array all_cron_jobs(simulated_world& world) {
  return all_of(world, "/apis/batch/v1/cronjobs");
}

/// Names of what the fork made and of what it copied.
inline std::vector<std::string> left_of_fork(simulated_world& world) {
  std::vector<std::string> names;
  for (auto collection : {"/apis/batch/v1/cronjobs", "/apis/batch/v1/jobs",
                          "/api/v1/pods", "/api/v1/secrets"})
    for (const auto& one : all_of(world, collection))
      if (is_of_fork(one) || is_copy_of_fork(one, "volsync-system"))
        names.push_back(text_at(one, "metadata", "name"));
  return names;
}

/// Names of our CronJobs.
inline std::vector<std::string> our_cron_jobs(simulated_world& world) {
  std::vector<std::string> names;
  for (const auto& one : all_cron_jobs(world))
    if (read_cron_job(one).ours)
      names.push_back(text_at(one, "metadata", "name"));
  return names;
}

/// Pods in which somebody maintains just now.
inline std::size_t running_movers(simulated_world& world) {
  std::size_t running = 0;
  for (const auto& pod : all_of(world, "/api/v1/pods"))
    for (const auto& status : items_at(pod, "status", "containerStatuses"))
      running += text_at(status, "name") == names::container
                         && find(status, "state", "running")
                     ? 1
                     : 0;
  return running;
}

/// Lets time pass; at every second there is a CronJob that fires, and at most
/// one pod maintains. For clusters with one repository that is claimed.
inline void pass_safely(stage& s, seconds time) {
  for (auto until = s.world.now + time; s.world.now < until;) {
    s.pass(1s);
    auto all = all_cron_jobs(s.world);
    auto fires = std::ranges::any_of(all, [](const boost::json::value& one) {
      return flag_at(one, "spec", "suspend") == false;
    });
    INFO(to_rfc3339(s.world.now));
    CHECK(fires);
    CHECK(running_movers(s.world) <= 1);
  }
}

/// Runs the cluster's own controllers, without an operator.
inline void pass_alone(simulated_world& world, seconds time) {
  for (auto until = world.now + time; world.now < until; world.now += 1s)
    world.run();
}

/// Runs of ours that were let in, of the only repository.
inline unsigned our_runs(simulated_world& world) {
  for (const auto& one : all_cron_jobs(world))
    if (auto hash = text_at(one, "metadata", "labels", names::location_hash);
        !hash.empty())
      return world.runs_of(hash);
  return 0;
}

} // namespace holystone::actors
