#pragma once

// Where claims were when their Secrets could be read, as the cluster records
// it: so that a Secret that goes, before or after a restart, moves nobody.
// Plain memory of Secret copies and CronJobs; placement.hpp asks it.

#include "actors/kept_name.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace holystone::actors {

/// Knows repositories by what was made for them.
class recorded_places {
public:
  /// A Secret's copy says that its original's repository is this one.
  void learn_copy(const kept<object_key>& source, const object_key& copy,
                  const std::string& repository) {
    copies_.insert_or_assign({source, copy}, repository);
  }

  /// A Secret is gone; it may have been a copy.
  void forget_copy(const object_key& copy);

  /// A CronJob of this repository is now like this.
  void learn(const cron_job_fact& cron_job, const std::string& repository);

  /// A CronJob is gone; says whom it named as the winner beside it.
  std::optional<claim_key> forget_cron_job(const object_key& cron_job);

  /// The repository that this Secret was copied for; empty: none.
  std::string of_secret(const object_key& source) const;

  /// The repository whose CronJob, beside the claim, names it as the winner;
  /// empty: none.
  std::string of_winner(const claim_key& who) const;

  /// The repository of a CronJob that a claim's status names; empty: none is
  /// known.
  std::string of_cron_job(const std::string& name) const;

private:
  /// There may be two of one Secret for the moment of a move.
  boost::container::flat_map<std::pair<kept<object_key>, kept<object_key>>,
                             kept<std::string>>
      copies_;
  boost::container::flat_map<std::pair<kept<claim_key>, kept<object_key>>,
                             kept<std::string>>
      won_;
  name_map<object_key, kept<claim_key>> winners_;
  /// Of CronJobs whose names don't tell.
  std::map<std::string, std::string> named_;
};

} // namespace holystone::actors
