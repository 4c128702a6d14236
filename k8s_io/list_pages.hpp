#pragma once

// Reads the answer to a list one object at a time, so that a list of any size
// costs the memory of one object beside the answer as it came, which is
// compressed when it is long (P-2: a tree is more than four times the text). It
// does not judge the objects, but tells an object that can't be read from a
// list that can't: anybody who may write an object can make the former.
// Called by the reflector, and by actors that list without keeping a view.

#include "scheduler/result.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// What a list says about itself.
struct list_header {
  std::string kind;
  std::string api_version;
  std::string resource_version;
  /// Empty on the last page.
  std::string continue_token;
};

/// An item that nests too deep, is too long or is no object.
struct unreadable_item {
  /// See `read_headline`.
  boost::json::object headline;
  std::string why;
};

/// Who reads a list, and how.
struct list_reader {
  /// Called with each item, which dies with the call.
  std::function<void(const boost::json::value&)> take;
  /// Called with each item that can't be read. Without it such an item is an
  /// error, for those who must not overlook one.
  std::function<void(const unreadable_item&)> skip = {};
  /// What the list must call itself, e.g. `JobList`; empty: whatever it is. A
  /// list that says so behind its items has items that tell their own kind.
  std::string kind = {};
  /// Leaves the members called `managedFields` of an object's members empty:
  /// who wrote which field is half of most objects, and hardly ever read.
  bool without_managers = false;
};

/// Reads the list in `body`. Fails on anything but a whole JSON object with an
/// `items` array; the items before the fault have been delivered then.
result<list_header> read_list(std::string_view body, const list_reader& how);

} // namespace holystone::k8s_io
