#pragma once

// Resource quantities as Kubernetes writes them: `500m`, `1Gi`, `0.5`. Called
// by the checks of what users ask for; k8s_io/quantity.hpp compares with it.

#include <optional>
#include <string_view>

namespace holystone::scheduler {

/// How much it is; none for what is no quantity.
std::optional<double> parse_quantity(std::string_view text);

} // namespace holystone::scheduler
