#pragma once

// The rules of `metadata` that hold for every kind: names, labels, what a
// client may set and what the server keeps. Pure functions over objects. Used
// by the write verbs.

#include "scheduler/time.hpp"
#include "simulator/api_error.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>

namespace holystone::simulator {

/// Is it a DNS-1123 subdomain (lower case, dots, at most 253)?
bool is_subdomain(std::string_view name);

/// Is it a DNS-1123 label (lower case, no dots, at most 63)?
bool is_label(std::string_view name);

/// Is it a qualified name (`[prefix/]name`), as label keys are?
bool is_qualified_name(std::string_view name);

/// May it be the value of a label?
bool is_label_value(std::string_view value);

/// Complains about names, labels, annotations, finalizers, ownerReferences.
void check_metadata(const kind_info& kind, const boost::json::value& object,
                    std::string_view at, field_errors& errors);

/// Complains about a map of labels at a path.
void check_labels(const boost::json::value& labels, std::string_view at,
                  field_errors& errors);

/// Complains about a changed name, UID, creationTimestamp and the like, and
/// about new finalizers on an object that is being deleted.
void check_metadata_update(const boost::json::value& before,
                           const boost::json::value& after,
                           field_errors& errors);

/// Takes from `before` what only the server writes.
void keep_system_fields(const boost::json::value& before,
                        boost::json::value& after);

/// Removes what a client cannot set on creation.
void clear_system_fields(const kind_info& kind, boost::json::value& object);

/// Rewrites null and empty metadata the way the server stores it: no nulls,
/// no empty labels, annotations, finalizers and owners.
void tidy_metadata(boost::json::value& object);

} // namespace holystone::simulator
