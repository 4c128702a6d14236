#pragma once

// The operator's own Lease in JSON: what an election step asks for, and what
// the server answered. Called by the elector.

#include "k8s_io/requests.hpp"
#include "scheduler/lease.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// The call that an election step asks for; never a PUT.
request to_request(const scheduler::lease_request& step,
                   std::string_view operator_namespace, std::string_view name,
                   instant now);

/// Reads the Lease in an answer.
std::optional<scheduler::lease_record> read_leader(std::string_view body);

} // namespace holystone::k8s_io
