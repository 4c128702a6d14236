#pragma once

// What the VolSync fork left of a repository's maintenance (contract section
// 9): its CronJobs, their Jobs and its copies of Secrets. They are brought to
// rest before ours fires, what runs is waited for, and when our CronJob stands
// they go; a CronJob that has the name that ours wants is adopted. Pure:
// k8s_io/predecessor_objects.hpp recognises them, the registry knows by their
// Secret whose they are, repository.hpp decides when to ask here.

#include "scheduler/event_notes.hpp"
#include "scheduler/repository_facts.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holystone::scheduler {

struct wishes;

/// Keep a CronJob of the fork's from firing again.
struct suspend_predecessor {
  object_key key;
  object_uid uid;
};

/// Suspend a CronJob of the fork's and make its fields ours, so that the next
/// apply removes what the fork left in it.
struct adopt_predecessor {
  object_key key;
  object_uid uid;
};

/// Delete a CronJob of the fork's with its finished Jobs, or its copy of a
/// Secret.
struct remove_predecessor {
  predecessor::kind what;
  object_key key;
  object_uid uid;
};

/// One write to something of the fork's.
using predecessor_step = std::variant<suspend_predecessor, adopt_predecessor,
                                      remove_predecessor, drop_job>;

/// The writes that bring the fork's CronJobs to rest: none while we have
/// nothing to put into their place. A Job that can't start, because it is
/// suspended or its pods have been pending for ten minutes, is dropped.
std::vector<predecessor_step> quieting_of(const repository_facts& facts,
                                          const wishes& wanted, instant now);

/// Will no CronJob of the fork's fire any more?
bool are_quiet(const repository_facts& facts);

/// The writes that remove what is left of the fork: once our CronJob is in its
/// place, or nobody claims the repository, and nothing of the fork's runs.
std::vector<predecessor_step> removals_of(const repository_facts& facts,
                                          const wishes& wanted,
                                          const run_limits& limits,
                                          instant now);

/// When one of the above will say something else without an event.
std::optional<instant> next_change(const repository_facts& facts, instant now);

/// Why nothing may start because of a CronJob of the fork's; empty: it may.
std::string unrest_of(const repository_facts& facts);

/// The CronJob of the fork's that is adopted under this name and waits for our
/// apply; null when there is none.
const cron_job_fact* adopted(const repository_facts& facts,
                             const object_key& key);

/// Does one that is not adopted yet have this name?
bool is_taken(const repository_facts& facts, const object_key& key);

/// The newest slot that the fork's CronJobs have used.
std::optional<instant> newest_slot_of(const repository_facts& facts);

/// Is a Secret that something of the fork's works with this one, or named like
/// the fork's copy of it?
bool is_secret_of(const object_key& secret, const object_key& original);

/// Which CronJob of the fork's can't be written, and why, when that goes on.
write_failure predecessor_trouble(const repository_facts& facts);

/// The Events that go with such a step: the winner is told what it replaced.
std::vector<event_note> events_for(const repository_facts& facts,
                                   const wishes& wanted,
                                   const predecessor_step& step);

} // namespace holystone::scheduler
