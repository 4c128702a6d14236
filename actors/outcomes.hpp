#pragma once

// Turns the API server's answer to a write into an outcome: done, with the
// object as it is now, or how long to leave the subject alone. Used by every
// actor that writes.

#include "actors/messages.hpp"

namespace holystone::actors {

/// Judges an answer; `failures` counts those in a row on this subject.
outcome to_outcome(const request& what, const response& answer,
                   unsigned failures, double random);

/// Why the server will not let us read an object that may be there, and which
/// right we lack; none when it answered, or may answer later.
std::optional<error> refusal_of(const request& what, const response& answer);

/// An outcome for a request that got no answer at all (the api client died or
/// was too slow).
outcome no_answer(std::string why);

/// Reads what a write of ours was answered with as the fact of its kind; null
/// for kinds that are not watched.
fact_ptr to_observation(const request& what, const std::string& body);

} // namespace holystone::actors
