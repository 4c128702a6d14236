#pragma once

// What users are told on their own objects: the status of a claim and Events.
// Pure; scheduler/ decides what is said and when, the repository actor sends
// it.

#include "k8s_io/requests.hpp"
#include "scheduler/repository.hpp"

#include <cstdint>
#include <string_view>

namespace holystone::k8s_io {

using namespace scheduler;

/// Writes the status with its conditions.
request tell_status(const write_status& what);

/// Removes the fork's finalizer if it is still where it was.
request let_go(const remove_finalizer& what);

/// Removes `reset-failures` from a KopiaMaintenance, if it is still `true`.
request settle(const settle_reset& what);

/// Posts an Event; `now` and the reporter make its name unique.
request post_event(const event_note& note, std::string_view reporter,
                   instant now, std::uint64_t serial);

} // namespace holystone::k8s_io
