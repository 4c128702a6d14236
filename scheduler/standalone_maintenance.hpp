#pragma once

// What a KopiaMaintenance asks for: its fields as stored, the settings that
// follow from them, and what is wrong with them (contract section 7). Pure;
// k8s_io/claimants.hpp reads it, placing a claim asks for the settings.

#include "scheduler/claims.hpp"

#include <optional>
#include <string>

namespace holystone::scheduler {

/// The maintenance part of a KopiaMaintenance, as stored.
struct standalone_maintenance {
  bool enabled = true;
  bool suspend = false;
  /// `trigger.schedule`; empty: the deprecated field or the default holds.
  std::string schedule;
  /// `trigger.manual`: a new tag asks for one run.
  std::string manual;
  std::string quick_schedule;
  std::string time_zone;
  /// `spec.schedule`; ignored beside a trigger.
  std::string deprecated_schedule;
  std::optional<int> successful_jobs_history_limit;
  std::optional<int> failed_jobs_history_limit;
  bool has_resources = false;
  quantities requests;
  quantities limits;
  bool verify = true;
  std::optional<seconds> deadline;
  shared_value<pod_wishes> pods;
  /// What is wrong with its volumes; empty: nothing.
  std::string volume_fault;
};

/// The settings that a KopiaMaintenance asks for, or nothing when it is
/// disabled. Those of one that runs by hand say how its runs are made.
std::optional<maintenance_settings>
effective_settings(const standalone_maintenance& given,
                   const claim_defaults& defaults);

/// What can't be maintained as it stands, in the fork's words (fork-behaviour
/// G2.5): most is refused at admission, but older objects may be stored.
std::optional<trouble> check(const standalone_maintenance& given,
                             const maintenance_settings& settings);

/// Does it use a deprecated field that matters? One Warning a generation.
bool uses_deprecated_field(const standalone_maintenance& given);

} // namespace holystone::scheduler
