#pragma once

// The CEL rules of this project's CustomResourceDefinitions as C++ checks,
// found by the text of the rule with all white space removed. There is no CEL
// interpreter here: a rule without an entry cannot be served. Called when a
// definition is read.

#include "simulator/crd.hpp"

#include <string_view>

namespace holystone::simulator {

/// The check that equals a rule; null when there is none.
rule_check equivalent_of(std::string_view rule);

} // namespace holystone::simulator
