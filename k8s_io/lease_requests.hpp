#pragma once

// Taking, freeing and deleting the Lease of a repository, which is the lock of
// its maintenance and the place of its ledger. Not the operator's
// own Lease; that is leader_lease.hpp. Pure; called by the job runner, the
// repository actor and `holystone release`.

#include "k8s_io/requests.hpp"
#include "scheduler/repository.hpp"

#include <optional>
#include <string_view>

namespace holystone::k8s_io {

using namespace scheduler;

/// Takes the Lease: a create when there is none, else a patch with the version
/// that was seen; never a PUT.
request acquire(const acquire_lease& what, const lease_fact& seen,
                std::string_view operator_namespace, std::string_view location,
                const std::optional<claim_key>& winner, instant now);

/// Frees the Lease and writes the ledger; makes one for the ledger alone where
/// there is none, because with admission off nobody takes it.
request release(const release_lease& what, const lease_fact& seen,
                std::string_view operator_namespace, std::string_view location,
                const std::optional<claim_key>& winner);

/// Writes the ledger and leaves the holder as it is.
request note(const write_ledger& what, const lease_fact& seen);

/// Frees the Lease by hand: the ledger stays as it is.
request vacate(const lease_fact& seen);

/// Deletes a Lease by UID and version.
request remove(const lease_fact& seen, std::string_view operator_namespace,
               std::string_view location);

} // namespace holystone::k8s_io
