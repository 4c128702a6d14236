#pragma once

// Which kinds the operator watches, how it asks for them, and how their JSON
// becomes facts. The one table that watchers and outcomes share.

#include "actors/messages.hpp"
#include "k8s_io/reflector.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holystone::actors {

/// The kind's name as people read it, e.g. `ReplicationSource`.
std::string_view to_string(watched_kind kind);

/// The kind, and the namespace where it is watched in several of them.
std::string to_string(const watched_place& place);

/// Everything that is watched, by kinds; `home` is the operator's namespace,
/// and where none is `served`, all are.
std::vector<watched_place> watched_places(const std::string& home,
                                          const namespace_set& served);

/// What the watcher of a place asks for.
reflected to_reflected(const watched_place& place, std::string_view home);

/// What the API server calls the kind.
const resource& resource_of(watched_kind kind);

/// The watched kind of a resource, if it is one.
std::optional<watched_kind> kind_of(const resource& what);

/// The kind as which a loss is told: that of the operator's own namespace. One
/// of the fork's CronJobs may only have become ours.
watched_kind own_kind(watched_kind kind);

/// An object's JSON as a fact; labels alone make no copy of ours (objects.hpp).
fact project(watched_kind kind, const boost::json::value& object,
             std::string_view operator_namespace);

/// The UID of the object that a fact is about.
const object_uid& uid_of(const fact& what);
const object_uid& uid_of(const predecessor_seen& what);

/// Its version.
const resource_version& version_of(const fact& what);

} // namespace holystone::actors
