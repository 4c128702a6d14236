#pragma once

// Which fields of a CronJob are ours, and their digest. Drift is a comparison
// of two short texts, so that no object is kept in memory; what a server adds
// or spells otherwise is no drift. Used by manifests.cpp for what we want and
// by objects.cpp for what is there.

#include "k8s_io/names.hpp"

#include <boost/json.hpp>

#include <array>
#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// The labels that are ours wherever they stand.
inline constexpr std::array owned_labels{
    names::kopia_maintenance,  names::repository_hash,
    names::location_hash,      names::source_namespaces,
    names::run_kind,           names::velero_exclude,
    names::operator_namespace, names::maintenance_name,
    names::maintenance_type};

/// Short, stable and good enough to tell manifests apart: FNV-1a, 64 bits.
std::string digest_of(std::string_view text);

/// Digest of the owned fields of a CronJob, ours or the server's.
std::string digest_of_owned(const boost::json::value& cron_job);

/// Digest of the owned fields of a Job template's spec.
std::string digest_of_template(const boost::json::value& job_template);

} // namespace holystone::k8s_io
