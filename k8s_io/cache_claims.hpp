#pragma once

// The PersistentVolumeClaim of a KopiaMaintenance's cache, as the JSON that is
// applied, and what is read back of it. Pure;
// scheduler/cache_claim_edits.hpp decides, the repository's actor sends.

#include "k8s_io/requests.hpp"
#include "scheduler/repository_action.hpp"

#include <boost/json.hpp>

#include <string_view>

namespace holystone::k8s_io {

using namespace scheduler;

/// Owned by its KopiaMaintenance, and labelled so that this operator finds it.
request apply(const apply_cache_claim& what,
              std::string_view operator_namespace);

/// By UID. While a pod mounts it Kubernetes keeps it.
request remove(const delete_cache_claim& what);

/// What is ours to know of a claim with our labels.
cache_claim_fact read_cache_claim(const boost::json::value& object);

} // namespace holystone::k8s_io
