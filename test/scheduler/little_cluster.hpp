#pragma once

// A cluster of one location, small enough to be thought through: a CronJob
// of each kind with their controller, Jobs, pods and nodes, a Lease, Secret
// copies and claims. Writes reach it through little_server.hpp. The
// repository's decisions are tried on it by repository_model.cpp, which also
// plays the adversary. It is not the simulator: it knows no JSON and no kind
// that a repository does not write.

#include "scheduler/repository.hpp"

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace holystone::scheduler {

/// What really is; facts are somebody's view of it.
struct little_cluster {
  struct job {
    job_fact fact;
    /// The pod template's ticket.
    std::string ticket;
    /// Made by the CronJob of its kind, which takes it along when it goes.
    bool from_cron_job = false;
    int failures = 0;
  };

  struct pod {
    pod_fact fact;
    std::string ticket;
    maintenance_kind kind = maintenance_kind::full;
    /// Object in the API server, container on its node.
    bool exists = true;
    bool running = false;
    bool terminating = false;
    bool node_is_dead = false;
    bool fails = false;
    instant ends;
  };

  instant now = *parse_rfc3339("2026-11-20T23:30:00Z");
  unsigned serial = 0;
  std::mt19937 random;
  run_limits limits{seconds{300}, seconds{30}};
  /// What claims come to ask for instead, some much longer and some shorter.
  bool deadlines_vary = false;
  per_kind<cron_job_fact> cron_jobs;
  per_kind<std::string> template_digests;
  /// Outside of the operator's namespace, by namespace.
  struct beside {
    per_kind<cron_job_fact> cron_jobs;
    per_kind<std::string> template_digests;
  };
  std::map<std::string, beside> others;
  /// How the claims that are added reach the repository.
  reach reached_by = reach::network;
  std::map<std::string, job> jobs;
  std::vector<pod> pods;
  lease_fact lease;
  std::vector<copy_fact> copies;
  std::vector<claimant> claimants;
  /// The operator's `--admission`.
  bool admission = true;
  /// How often a pod fails.
  double failure = 0.3;
  /// No node has room for a pod.
  bool nodes_are_full = false;
  /// How long a pod works; without it some time.
  std::optional<seconds> run_time;
  unsigned runs = 0;
  unsigned writes = 0;

  explicit little_cluster(unsigned seed) : random(seed) {
    // nop
  }

  bool chance(double p) {
    return std::uniform_real_distribution<>{}(random) < p;
  }

  unsigned below(unsigned n) {
    return std::uniform_int_distribution<unsigned>{0, n - 1}(random);
  }

  std::string next(std::string_view prefix);

  void touch(resource_version& version) {
    version = {next("v")};
  }

  /// The CronJobs of a namespace, and the digests of their templates.
  per_kind<cron_job_fact>& cron_jobs_of(const std::string& where);
  per_kind<std::string>& digests_of(const std::string& where);

  /// Adds a claim of its own namespace.
  void claim(const std::string& ns, const std::string& schedule,
             const std::string& quick_schedule = {});
  /// Adds a KopiaMaintenance that asks for a run by hand.
  void claim_by_hand(const std::string& ns, const std::string& tag);
  void unclaim(const std::string& ns);

  /// A Job as the CronJob makes it or `kubectl create job --from`.
  std::string create_job(maintenance_kind kind, std::optional<instant> slot,
                         bool from_cron_job, const std::string& where = {});

  /// Deletes a CronJob and what it made, in the foreground.
  void delete_cron_job_of(maintenance_kind kind, const std::string& where = {});

  /// The controllers and the nodes, for a stretch of time.
  void pass(seconds time);

  /// Containers that run with a valid ticket; more than one is a disaster.
  unsigned maintaining() const;

private:
  void tick();
  bool is_home(const std::string& where) const;
  std::vector<std::string> namespaces() const;
  void run_cron_job(maintenance_kind kind, const std::string& where);
  void run_job(job& one);
  void run_pod(pod& one);
  void end_pods(const std::string& job);
  bool has_pods(const std::string& job) const;
};

/// The deadline of the Jobs that are made from a template of this digest.
seconds deadline_in(const std::string& template_digest);

/// The policy that the model's repositories have.
repository_policy policy_for(const little_cluster& cluster);

} // namespace holystone::scheduler
