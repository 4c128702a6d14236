#pragma once

// Looking a condition up by its type, among those that a claimant was told or
// is to be told.

#include "scheduler/repository_facts.hpp"

#include <algorithm>
#include <string_view>

namespace holystone::scheduler {

/// The condition of this type; nullptr: there is none. It points into `in`.
inline const side_condition* condition_in(const claim_status& in,
                                          std::string_view type) {
  auto i = std::ranges::find(in.conditions, type, &side_condition::type);
  return i == in.conditions.end() ? nullptr : &*i;
}

/// What the claimant was told last.
inline const side_condition* told_condition(const claimant& who,
                                            std::string_view type) {
  return who.status ? condition_in(*who.status, type) : nullptr;
}

} // namespace holystone::scheduler
