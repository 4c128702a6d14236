#pragma once

// The file that lets kubectl and the operator find a simulated cluster. Written
// by the simulator's main; the operator's own reader is in k8s_io/.

#include "scheduler/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holystone::simulator {

/// A kubeconfig with one context named `simulator`; `authority` is the PEM to
/// trust, empty for plain HTTP.
std::string kubeconfig(std::string_view server, std::string_view authority);

/// Replaces `path` as a whole, readable by its owner only.
std::optional<error> write_private_file(const std::string& path,
                                        std::string_view text);

} // namespace holystone::simulator
