#pragma once

// What a fresh cluster becomes that is given the same objects: the oracle for
// plans that change what people want, so that no story tells their end. Kept
// are what people and strangers made, Jobs and Leases, and of our own objects
// what is recorded in them: who won, since when, under which names. All that
// follows from claims is spoiled or left out, so that an operator that starts
// there has to make it again. Called by a play once it is at rest.

#include "play.hpp"

#include <string>

namespace holystone::perturb {

/// What differs between the play's cluster and the fresh one, a line each;
/// empty when nothing does.
std::string unlike_fresh(play& at_rest);

} // namespace holystone::perturb
