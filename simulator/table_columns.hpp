#pragma once

// The columns of built-in kinds in the tables of `kubectl get`: names, order
// and cells as the real server has them. Not those of custom kinds, which
// their definitions name. Read by table.cpp.

#include "scheduler/time.hpp"
#include "simulator/kinds.hpp"

#include <boost/json.hpp>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::simulator {

/// A column and what stands in it.
struct column {
  std::string name;
  std::string type;
  std::string format;
  /// 1: only `-o wide` shows it.
  int priority = 0;
  std::function<boost::json::value(const boost::json::value&, instant)> cell;
};

/// The columns of a built-in kind.
std::vector<column> built_in_columns(const kind_info& kind);

/// A field as text; empty when absent.
std::string text_of(const boost::json::value& object,
                    std::initializer_list<std::string_view> path);

/// How long ago a date-time was, as `kubectl` says it.
std::string age_of(const std::string& since, instant now);

} // namespace holystone::simulator
