#pragma once

// Machine-made changes of what users write: one field of one object at a time,
// to a valid, extreme, absent or invalid value and back again, and objects that
// go and come. A seed gives the same changes for ever. Knows no operator; the
// chain (chain.cpp) makes the changes and looks at what follows.

#include "scheduler/object_key.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::actors {

/// One request of a user's.
struct field_change {
  std::string method;
  std::string target;
  std::string body;

  /// As a person types it.
  std::string words() const {
    return method + " " + target + " " + body;
  }
};

/// A place in an object and what may stand there, as JSON; `null` takes it out.
struct changeable_field {
  /// A JSON pointer.
  std::string pointer;
  std::vector<std::string> values;
};

/// An object that users change; `birth` is how it is made (again).
struct changeable_object {
  std::string collection;
  std::string name;
  std::string birth;
  const std::vector<changeable_field>* fields;

  std::string target() const {
    return collection + "/" + name;
  }
};

/// Wraps a value into objects, from the last step of its pointer to the first.
inline boost::json::value at_pointer(std::string_view pointer,
                                     boost::json::value value) {
  while (!pointer.empty()) {
    const auto slash = pointer.rfind('/');
    std::string name{pointer.substr(slash + 1)};
    for (auto at = name.find("~1"); at != name.npos; at = name.find("~1"))
      name.replace(at, 2, "/");
    boost::json::object around;
    around[name] = std::move(value);
    value = std::move(around);
    pointer = pointer.substr(0, slash);
  }
  return value;
}

/// What the value at a pointer is now, as JSON; `null` when there is none.
inline std::string value_at(const boost::json::value& object,
                            std::string_view pointer) {
  const auto* value = &object;
  while (!pointer.empty()) {
    const auto end = std::min(pointer.find('/', 1), pointer.size());
    std::string name{pointer.substr(1, end - 1)};
    for (auto at = name.find("~1"); at != name.npos; at = name.find("~1"))
      name.replace(at, 2, "/");
    const auto* members = value->if_object();
    value = members ? members->if_contains(name) : nullptr;
    if (!value)
      return "null";
    pointer.remove_prefix(end);
  }
  return boost::json::serialize(*value);
}

/// Draws changes. The caller shows it each object before it is changed, so that
/// a change can be taken back later.
class change_source {
public:
  change_source(std::uint64_t seed, std::vector<changeable_object> objects)
      : random_(seed), objects_(std::move(objects)) {
    // nop
  }

  /// The next change. `look` returns an object, or null when it isn't there.
  template <class Look>
  field_change next(Look look) {
    if (back_ && below(4) == 0)
      return *std::exchange(back_, std::nullopt);
    const auto& object = objects_[below(objects_.size())];
    const boost::json::value now = look(object.target());
    if (now.is_null())
      return {"POST", object.collection, object.birth};
    if (below(12) == 0)
      return {"DELETE", object.target(), ""};
    const auto& fields = *object.fields;
    const auto& field = fields[below(fields.size())];
    const auto& value = field.values[below(field.values.size())];
    back_ = patch(object, field.pointer, value_at(now, field.pointer));
    return patch(object, field.pointer, value);
  }

  /// What takes the last change back, where that was a field's.
  const std::optional<field_change>& inverse() const {
    return back_;
  }

  /// A number smaller than `limit`, the same on every platform.
  std::size_t below(std::size_t limit) {
    return static_cast<std::size_t>(random_() % limit);
  }

private:
  static field_change patch(const changeable_object& object,
                            const std::string& pointer,
                            const std::string& value) {
    return {
        "PATCH", object.target(),
        boost::json::serialize(at_pointer(pointer, boost::json::parse(value)))};
  }

  std::mt19937_64 random_;
  std::vector<changeable_object> objects_;
  std::optional<field_change> back_;
};

} // namespace holystone::actors
