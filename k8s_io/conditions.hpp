#pragma once

// The conditions in an object's status. Included by what reads objects.

#include "k8s_io/fields.hpp"

#include <boost/json.hpp>

#include <string_view>

namespace holystone::k8s_io {

/// The condition of this type; null when there is none.
inline const boost::json::value*
find_condition(const boost::json::value& object, std::string_view type) {
  for (const auto& condition : items_at(object, "status", "conditions"))
    if (text_at(condition, "type") == type)
      return &condition;
  return nullptr;
}

/// Is there such a condition, and is it `True`?
inline bool is_true(const boost::json::value* condition) {
  return condition && text_at(*condition, "status") == "True";
}

} // namespace holystone::k8s_io
