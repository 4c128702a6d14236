#pragma once

// What the facts of this room consist of, for folded.hpp: how many members each
// plain struct has. The compiler takes them apart by that number and refuses a
// wrong one, so that no new member is forgotten. Included by who folds facts.

#include "scheduler/folded.hpp"
#include "scheduler/repository_facts.hpp"
#include "scheduler/standalone_maintenance.hpp"

namespace holystone::scheduler {

template <class T>
inline constexpr std::size_t members_of<per_kind<T>> = 2;

template <>
inline constexpr std::size_t members_of<object_uid> = 1;
template <>
inline constexpr std::size_t members_of<resource_version> = 1;
template <>
inline constexpr std::size_t members_of<repository_id> = 1;
template <>
inline constexpr std::size_t members_of<object_key> = 2;
template <>
inline constexpr std::size_t members_of<claim_key> = 2;
template <>
inline constexpr std::size_t members_of<settled_apply> = 2;
template <>
inline constexpr std::size_t members_of<gone_job> = 2;
template <>
inline constexpr std::size_t members_of<write_failure> = 2;
template <>
inline constexpr std::size_t members_of<injection> = 2;
template <>
inline constexpr std::size_t members_of<manual_mark> = 2;
template <>
inline constexpr std::size_t members_of<location> = 2;
template <>
inline constexpr std::size_t members_of<own_run> = 2;
template <>
inline constexpr std::size_t members_of<foreign_run> = 2;
template <>
inline constexpr std::size_t members_of<embedded_maintenance> = 2;
template <>
inline constexpr std::size_t members_of<copy_source> = 3;
template <>
inline constexpr std::size_t members_of<written_status> = 3;
template <>
inline constexpr std::size_t members_of<custom_ca> = 3;
template <>
inline constexpr std::size_t members_of<repository_volume> = 3;
template <>
inline constexpr std::size_t members_of<trouble> = 3;
template <>
inline constexpr std::size_t members_of<repository_extent> = 3;
template <>
inline constexpr std::size_t members_of<manual_result> = 4;
template <>
inline constexpr std::size_t members_of<standalone_status> = 4;
template <>
inline constexpr std::size_t members_of<volume_identity> = 4;
template <>
inline constexpr std::size_t members_of<run_record> = 4;
template <>
inline constexpr std::size_t members_of<side_condition> = 5;
template <>
inline constexpr std::size_t members_of<named_volume> = 5;
template <>
inline constexpr std::size_t members_of<alias_fact> = 5;
template <>
inline constexpr std::size_t members_of<copy_fact> = 8;
template <>
inline constexpr std::size_t members_of<predecessor> = 7;
template <>
inline constexpr std::size_t members_of<claimant> = 7;
template <>
inline constexpr std::size_t members_of<cache_wishes> = 7;
template <>
inline constexpr std::size_t members_of<cache_claim_fact> = 8;
template <>
inline constexpr std::size_t members_of<pod_wishes> = 9;
template <>
inline constexpr std::size_t members_of<run_outcome> = 11;
template <>
inline constexpr std::size_t members_of<embedded_maintenance::cron_job> = 10;
template <>
inline constexpr std::size_t members_of<claim_status> = 11;
template <>
inline constexpr std::size_t members_of<maintenance_settings> = 12;
template <>
inline constexpr std::size_t members_of<lease_fact> = 13;
template <>
inline constexpr std::size_t members_of<ledger> = 13;
template <>
inline constexpr std::size_t members_of<pod_fact> = 13;
template <>
inline constexpr std::size_t members_of<standalone_maintenance> = 16;
template <>
inline constexpr std::size_t members_of<cron_job_fact> = 17;
template <>
inline constexpr std::size_t members_of<repository_facts> = 22;
template <>
inline constexpr std::size_t members_of<claim> = 23;
template <>
inline constexpr std::size_t members_of<job_fact> = 24;

} // namespace holystone::scheduler
