#pragma once

// A Lease of leader election in JSON: what a step of our own election asks for,
// and what such a Lease says, ours or the fork's. The Leases of repositories
// are lease_requests.hpp. Called by the elector and the projections.

#include "k8s_io/requests.hpp"
#include "scheduler/lease.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// Name of the operator's Lease; not the fork's, so that both can be told
/// apart (contract's preamble).
inline constexpr std::string_view leader_lease = "holystone-leader";

/// The call that an election step asks for; never a PUT.
request to_request(const scheduler::lease_request& step,
                   std::string_view operator_namespace, std::string_view name,
                   instant now);

/// What a Lease says of who leads.
scheduler::lease_record read_record(const boost::json::value& object);

/// Reads the Lease in an answer.
std::optional<scheduler::lease_record> read_leader(std::string_view body);

} // namespace holystone::k8s_io
