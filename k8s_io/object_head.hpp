#pragma once

// What the head of any Kubernetes object says: of which kind it is, which one,
// and in which version. The reflector needs no more of an object to keep count
// of it; objects.hpp reads what the kinds that we know have besides.

#include "k8s_io/known_objects.hpp"
#include "k8s_io/requests.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace holystone::k8s_io {

/// Which object it is; what it does not say is empty.
object_identity identity_of(const boost::json::object& object);

/// Its resourceVersion; empty when it has none. Opaque.
std::string version_of(const boost::json::object& object);

/// Is it of the kind, or its metadata if only that was asked for? An item of a
/// typed list does not repeat its kind.
bool is_of_kind(const boost::json::object& object, const resource& kind,
                bool metadata_only, bool is_item);

} // namespace holystone::k8s_io
