#pragma once

// What the facts of watchers consist of, for folded.hpp: how many members each
// plain struct has, as folded_facts.hpp says it of those that repositories
// keep. Included by who folds what watchers saw.

#include "actors/messages.hpp"
#include "scheduler/folded_facts.hpp"

namespace holystone::scheduler {

template <>
inline constexpr std::size_t members_of<cron_job_address> = 2;
template <>
inline constexpr std::size_t members_of<lease_record> = 6;
template <>
inline constexpr std::size_t members_of<k8s_io::secret_fact> = 7;
template <>
inline constexpr std::size_t members_of<k8s_io::claimant_fact> = 17;
template <>
inline constexpr std::size_t members_of<actors::cron_job_seen> = 5;
template <>
inline constexpr std::size_t members_of<actors::job_seen> = 2;
template <>
inline constexpr std::size_t members_of<actors::pod_seen> = 2;
template <>
inline constexpr std::size_t members_of<actors::lease_seen> = 2;
template <>
inline constexpr std::size_t members_of<actors::fork_lease_seen> = 2;
template <>
inline constexpr std::size_t members_of<actors::account_seen> = 5;
template <>
inline constexpr std::size_t members_of<actors::config_map_seen> = 3;
template <>
inline constexpr std::size_t members_of<actors::cache_claim_seen> = 1;
template <>
inline constexpr std::size_t members_of<actors::predecessor_seen> = 3;

} // namespace holystone::scheduler
