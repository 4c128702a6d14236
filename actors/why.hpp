#pragma once

// "Why is nothing running?" in one sentence, for any object that has to do with
// maintenance. Pure; called by the inspector with what a repository says of
// itself.

#include "actors/messages.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holystone::actors {

/// What people ask about.
struct subject_of_question {
  enum class kind { claim, cron_job, job, pod, secret };

  kind what = kind::claim;
  /// Of a claim.
  claim_kind claims = claim_kind::replication_source;
  object_key key;
};

/// Reads `replicationsource`, `ReplicationSources`, `km`, `cronjob` ...;
/// nothing: no kind that holystone has to do with.
std::optional<subject_of_question> parse_subject(std::string_view kind,
                                                 object_key key);

/// Has the repository to do with it?
bool concerns(const repository_view& view, const subject_of_question& asked);

/// An answer: one sentence, and since when it is so.
struct explanation {
  std::string why;
  std::optional<instant> since;
};

/// Who explains: a replica of the operator knows what it does itself while it
/// leads; a bystander has read the cluster and says what a leader does there.
enum class teller { replica, bystander };

/// Why nothing runs, or what does.
explanation explain(const repository_view& view,
                    const subject_of_question& asked, teller who);

} // namespace holystone::actors
