#pragma once

// Parsing, not validating: each kind of object that the operator watches is
// reduced here from the API server's JSON to the facts that decisions are made
// from, and the JSON is dropped. Reading never fails: what is missing is
// empty, what is unknown is ignored. Called by the watchers and wherever a
// write is answered with the new object.

#include "scheduler/admission.hpp"
#include "scheduler/claims.hpp"
#include "scheduler/object_names.hpp"
#include "scheduler/repository.hpp"

#include <boost/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holystone::k8s_io {

using namespace scheduler;

/// What every object has.
struct object_meta {
  object_key key;
  object_uid uid;
  resource_version version;
  instant created;
  std::int64_t generation = 0;
  bool deleting = false;
};

object_meta read_meta(const boost::json::value& object);

/// A label's value; empty when there is none.
std::string label_of(const boost::json::value& object, std::string_view name);

/// An annotation's value; empty when there is none.
std::string annotation_of(const boost::json::value& object,
                          std::string_view name);

/// `ours` is told by our labels.
cron_job_fact read_cron_job(const boost::json::value& object);

/// Whose CronJob this is, by its name, or by what it says of itself if it has
/// the name of its winner's; a copy under another name is nobody's.
std::optional<cron_job_address>
address_of_cron_job(const boost::json::value& object);

/// The location that a CronJob records.
std::optional<location> read_location(const boost::json::value& cron_job);

/// The image that a CronJob's Jobs run; empty: not as we make them.
std::string read_image(const boost::json::value& cron_job);

/// `ours` is told by our labels or, when somebody removed them, by the CronJob
/// that made it; it has no location then, so that it is made anew.
job_fact read_job(const boost::json::value& object);

/// The repository that a Job belongs to, by label or by the CronJob that made
/// it.
std::string repository_of_job(const boost::json::value& object);

/// It has an outcome once a kubelet has told that it ended.
pod_fact read_pod(const boost::json::value& object);

/// Holder and ledger of a repository's Lease.
lease_fact read_lease(const boost::json::value& object);

/// A Secret's metadata; `copy` is set for a copy of ours.
struct secret_fact {
  object_key key;
  object_uid uid;
  resource_version version;
  std::optional<copy_fact> copy;
  /// The repository a copy belongs to.
  std::string repository;
  /// It is a copy that the VolSync fork made.
  bool of_fork = false;
  bool deleting = false;
};

/// Copies are in the operator's namespace only: elsewhere anybody may set our
/// labels.
secret_fact read_secret(const boost::json::value& object,
                        std::string_view operator_namespace);

} // namespace holystone::k8s_io
