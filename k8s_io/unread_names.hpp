#pragma once

// The objects of one list that can't be read, for one report to people:
// anybody may write many of them, so that only the first are named. Part of the
// reflector, which says what becomes of them.

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::k8s_io {

/// A list of names with reasons that does not grow for ever.
class unread_names {
public:
  /// Adds the object that begins so, and why it can't be read.
  void add(const boost::json::object& headline, std::string_view why);

  /// Was none added?
  bool empty() const noexcept {
    return count_ == 0;
  }

  /// One sentence on all of them; `plural` is their kind.
  std::string message(std::string_view plural) const;

private:
  std::size_t count_ = 0;
  std::vector<std::string> names_;
};

} // namespace holystone::k8s_io
