#pragma once

// Which fields of a CronJob are ours, and their digest. Drift is a comparison
// of two short texts, so that no object is kept in memory; what a server adds
// or spells otherwise is no drift. Used by manifests.cpp for what we want and
// by objects.cpp for what is there.

#include <boost/json.hpp>

#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// Short, stable and good enough to tell manifests apart: FNV-1a, 64 bits.
std::string digest_of(std::string_view text);

/// Digest of the owned fields of a CronJob, ours or the server's.
std::string digest_of_owned(const boost::json::value& cron_job);

/// Digest of the owned fields of a Job template's spec.
std::string digest_of_template(const boost::json::value& job_template);

} // namespace holystone::k8s_io
