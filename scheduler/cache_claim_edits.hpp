#pragma once

// Which PersistentVolumeClaim for a cache is written next, if any: made, grown
// or made anew while a KopiaMaintenance wants one of its own, removed when it
// wants another cache or none. With the KopiaMaintenance it goes by itself.
// Pure; a part of repository.hpp's next_step, as cron_job_edits.hpp is.

#include "scheduler/repository_action.hpp"

namespace holystone::scheduler {

/// What is to be written so that the claimant has the cache that its pods
/// mount; nothing when that is so, or when it runs no pods.
repository_action edit_of_cache(const repository_facts& facts,
                                const claimant& who);

/// Removes a claim that the claimant wants no more; whoever calls says that
/// nothing uses it.
repository_action removal_of_cache(const claimant& who);

/// Which claim can't be written or removed, and why; empty when all can.
write_failure cache_trouble(const repository_facts& facts);

} // namespace holystone::scheduler
