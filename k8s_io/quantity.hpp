#pragma once

// Resource quantities as Kubernetes compares them: `0.5` is `500m`. The API
// server rewrites quantities, so drift detection has to compare values and not
// texts. Called by owned_fields.cpp and by the simulator's validation.

#include <boost/json.hpp>

#include <optional>
#include <string>

namespace holystone::k8s_io {

/// How much it is; none for what is no quantity.
std::optional<double> amount_of(const boost::json::value& quantity);

/// A text that is equal for equal quantities; what is no quantity comes back
/// as it is.
std::string normal_quantity(const boost::json::value& quantity);

} // namespace holystone::k8s_io
