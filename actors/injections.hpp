#pragma once

// What admission policies add to our Jobs, by repository: the volumes that the
// newest Job was let through with, and the one that the CronJob records for
// the time after a restart. Plain memory; kept by placement.hpp, which finds
// out where these volumes lead to.

#include "actors/messages.hpp"

#include <map>
#include <string>

namespace holystone::actors {

/// Volumes of admission policies.
class injections {
public:
  /// Only in the operator's namespace nobody else makes Jobs with our labels.
  explicit injections(std::string operator_namespace = {});

  const std::string& operator_namespace() const {
    return operator_namespace_;
  }

  /// A Job shows what a repository's pods are given. True when that is news.
  bool learn(const job_seen& job);

  /// A CronJob records what its Jobs are given.
  void learn(const cron_job_seen& cron_job, const std::string& repository);

  /// A claim has come here for this volume; a CronJob may record another.
  void record(const std::string& repository, const volume_identity& volume) {
    recorded_.try_emplace(repository, volume);
  }

  /// A claim that was there is here now, and what is known of there holds here,
  /// unless a newer Job showed something else here.
  void move(const std::string& from, const std::string& to);

  /// A repository is gone.
  void forget(const std::string& repository);

  /// What the newest Job of a repository shows; null: nothing yet.
  const injection* seen(const std::string& repository) const;

  /// The volume of a repository that its CronJob records, or for which a claim
  /// has come; null: none.
  const volume_identity* recorded(const std::string& repository) const;

  /// Is this claim of the operator's namespace given to any Job?
  bool names(const object_key& claim) const;

private:
  std::string operator_namespace_;
  std::map<std::string, injection> seen_;
  std::map<std::string, volume_identity> recorded_;
};

} // namespace holystone::actors
