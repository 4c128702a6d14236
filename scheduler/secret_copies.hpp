#pragma once

// Which copies of Secrets and CA objects a repository's claims ask for, and
// which of those that exist are out of date or not asked for any more. Pure;
// the secret mirror makes the copies, repository.hpp decides when.

#include "scheduler/repository_facts.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holystone::scheduler {

/// Copy a Secret or CA object, or bring a copy up to date.
struct write_copy {
  copy_source source;
  object_uid source_uid;
  std::string source_version;
  std::string resync;
  /// The existing copy; its key is empty when there is none yet.
  copy_fact existing;
};

/// Delete a copy that nobody needs.
struct delete_copy {
  copy_fact copy;
};

/// The Secret that a claim names.
copy_source repository_secret(const claim& wish);

/// The CA object that a claim names, if it names one.
std::optional<copy_source> ca_source(const claim& wish);

/// The copy of `source`; null when there is none.
const copy_fact* find_copy(const repository_facts& facts,
                           const copy_source& source);

/// What a run for this claim authenticates with, as `secret_used` says it: the
/// version that its copy was made from, which may be older than the Secret.
std::string secret_in_use(const repository_facts& facts, const claim& wish);

/// The copies that claims ask for and that are missing or out of date.
std::vector<write_copy> missing_copies(const repository_facts& facts);

/// Does any claim ask for this copy?
bool is_claimed(const repository_facts& facts, const copy_fact& copy);

} // namespace holystone::scheduler
