#pragma once

// What the real server does to objects of its own kinds beyond storing them:
// defaults, fields that it generates, validation and immutability. One place
// per question; custom kinds go through crd.hpp instead. Only what our
// operator and kubectl depend on is checked, and what is checked answers as
// the real server does. Used by the write verbs.

#include "simulator/api_error.hpp"
#include "simulator/kinds.hpp"

#include <boost/json.hpp>

namespace holystone::simulator {

/// 400 for a value that cannot be decoded into the type of its field.
complaint check_types(const kind_info& kind, const boost::json::value& object);

/// Sets what the real server defaults when it decodes an object.
void set_built_in_defaults(const kind_info& kind, boost::json::value& object);

/// What the server adds to a new object: a Job's selector and labels, a
/// Namespace's finalizer, the first status.
void prepare_creation(const kind_info& kind, boost::json::value& object);

/// What is added to a new object when it was found good: the labels of a Job.
void complete_creation(const kind_info& kind, boost::json::value& object);

/// What the server adds to a changed object: tolerations of pods.
void prepare_update(const kind_info& kind, boost::json::value& object);

/// Complains about an object as Kubernetes 1.`minor` does; `before` is null for
/// a creation.
void check_built_in(const kind_info& kind, const boost::json::value* before,
                    const boost::json::value& after, int minor,
                    field_errors& errors);

/// Complains about changes of a Job's template and other fixed fields.
void check_job_update(const boost::json::value& before,
                      const boost::json::value& after, int minor,
                      field_errors& errors);

/// Complains about the spec of a CronJob.
void check_cron_job(const boost::json::value& object,
                    const boost::json::value* before, field_errors& errors);

/// Complains about the spec of a Job or of a CronJob's template.
void check_job_spec(const boost::json::value& spec, const std::string& at,
                    bool in_cron_job, field_errors& errors);

/// Complains about a container's requests and limits.
void check_resources(const boost::json::value& container, const std::string& at,
                     field_errors& errors);

/// Complains about a pod's spec.
void check_pod_spec(const boost::json::value& spec, const std::string& at,
                    field_errors& errors);

} // namespace holystone::simulator
