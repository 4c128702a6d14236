#pragma once

// What the simulated controllers do to objects beyond reading fields (that is
// k8s_io/fields.hpp): writing a field, owners, conditions. It checks nothing,
// the server does. Used by the simulated controllers and the kubelet.

#include "k8s_io/fields.hpp"
#include "scheduler/object_key.hpp"
#include "scheduler/time.hpp"

#include <boost/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace holystone::simulator {

/// Field names from the root of an object.
using field_path = std::initializer_list<std::string_view>;

/// The field at a path; it and the objects on the way are made when absent.
boost::json::value& field(boost::json::value& object, field_path path);

/// Removes the field at a path.
void drop(boost::json::value& object, field_path path);

/// The list at a path, made when absent.
boost::json::array& list(boost::json::value& object, field_path path);

/// Namespace and name of an object.
object_key key_of(const boost::json::value& object);

/// The UID of an object.
std::string uid_of(const boost::json::value& object);

/// Is the object being deleted?
bool is_deleting(const boost::json::value& object);

/// The ownerReference that is marked as controller; null when there is none.
const boost::json::value* controller_of(const boost::json::value& object);

/// An ownerReference that makes `owner` the controller of something.
boost::json::value controller_reference(const boost::json::value& owner,
                                        std::string_view api_version,
                                        std::string_view kind);

/// The condition of a type; null when absent.
const boost::json::value* condition_of(const boost::json::value& object,
                                       std::string_view type);

/// Has the object a condition of this type with status True?
bool has_condition(const boost::json::value& object, std::string_view type);

/// One entry of status.conditions.
struct condition {
  std::string_view type;
  bool status = true;
  std::string_view reason;
  std::string_view message;
};

/// Sets a condition of a Job or a pod as the Job controller does: an absent
/// one is added only when True, lastTransitionTime moves with every change.
/// Returns whether anything changed.
bool set_condition(boost::json::value& object, const condition& what,
                   instant now);

/// Has the object this finalizer?
bool has_finalizer(const boost::json::value& object, std::string_view name);

} // namespace holystone::simulator
