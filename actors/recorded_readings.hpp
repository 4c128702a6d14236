#pragma once

// What Secrets said when they were read before a restart, as our own objects
// record it: a copy says which version of which Secret was read and which
// repository that led to, and the repository's CronJob where that is. Without
// it ten thousand Secrets would be read at each start, one by one, to learn
// what is known. It counts only where no tenant writes, and only as long as the
// same version of the operator looks at it: another may understand a Secret in
// another way. Plain memory; kept by placement.hpp until all lists are there.

#include "actors/messages.hpp"

#include <map>
#include <string>
#include <vector>

namespace holystone::actors {

/// Readings from before a restart.
class recorded_readings {
public:
  /// CronJobs of this version are in this namespace and run this image.
  recorded_readings(std::string operator_namespace, std::string mover_image)
      : operator_namespace_(std::move(operator_namespace)),
        mover_image_(std::move(mover_image)) {
    // nop
  }

  /// A copy in the operator's namespace belongs to this repository.
  void learn(const copy_fact& copy, const std::string& repository);

  /// A CronJob belongs to this repository.
  void learn(const cron_job_seen& cron_job, const std::string& repository);

  /// What is recorded of Secrets whose repository is reached over the network;
  /// of others the Secret alone does not tell the location.
  std::vector<reading> all() const;

private:
  /// What was read, and where that led.
  struct copied {
    object_uid uid;
    std::string version;
    std::string repository;
  };

  std::string operator_namespace_;
  std::string mover_image_;
  /// By their source.
  std::multimap<object_key, copied> copies_;
  std::map<std::string, location> places_;
};

} // namespace holystone::actors
