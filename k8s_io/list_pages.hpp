#pragma once

// Reads the answer to a list one object at a time, so that a list of any size
// costs the memory of one object beside the answer as it came, which is
// compressed when it is long (P-2: a tree is more than four times the text). It
// does not judge the objects, but tells an object that can't be read from a
// list that can't: anybody who may write an object can make the former.
// Called by the reflector, and by actors that list without keeping a view.

#include "scheduler/result.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
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

/// Reads what the list in `body` says about itself, without its items. Fails on
/// anything but a JSON object with an `items` array.
result<list_header> read_list_header(std::string_view body);

/// An item that nests too deep, is too long or is no object.
struct unreadable_item {
  /// See `read_headline`.
  boost::json::object headline;
  std::string why;
};

/// Calls `take` with each item of the list in `body`, and `skip` with each that
/// can't be read; an item dies with the call. Without `skip` such an item is an
/// error, for those who must not overlook one. After an error the items before
/// the fault have been delivered.
std::optional<error>
for_each_item(std::string_view body,
              const std::function<void(const boost::json::object&)>& take,
              const std::function<void(unreadable_item)>& skip = {});

} // namespace holystone::k8s_io
