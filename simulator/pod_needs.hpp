#pragma once

// What a pod refers to and does not find: claims before it is scheduled,
// Secrets and ConfigMaps before its containers start, with the words that the
// scheduler and the kubelet use. Read-only. Called by the simulated kubelet.

#include "simulator/store.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>

namespace holystone::simulator {

/// A PersistentVolumeClaim of the pod that does not exist.
std::optional<std::string> missing_claim(const store& view,
                                         const boost::json::value& pod);

/// A volume that can't be mounted: its object, or a key of it, is missing.
std::optional<std::string> missing_mount(const store& view,
                                         const boost::json::value& pod);

/// An environment variable's object or key that is missing.
std::optional<std::string> missing_environment(const store& view,
                                               const boost::json::value& pod);

} // namespace holystone::simulator
