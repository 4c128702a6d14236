#pragma once

// What a claimant's object alone tells of its claim: its settings, and the
// objects beside it that it names. What those say, and so which repository the
// claim belongs to, is for placement.hpp, the caller. Pure functions.

#include "actors/messages.hpp"

#include <optional>
#include <set>

namespace holystone::actors {

/// The repository's Secret.
object_key secret_of(const claimant_fact& from);

/// The claimant without its settings.
claimant to_claimant(const claimant_fact& from);

/// Writes the claimant's settings and what is wrong with them into `wish`.
/// False when it is switched off.
bool state_settings(claim& wish, const claimant_fact& from,
                    const claim_defaults& defaults);

/// The CA object that the claimant names.
std::optional<copy_source> ca_of(const claimant_fact& from);

/// The volume that holds the repository, if the claimant names it.
const named_volume* volume_of(const claimant_fact& from, const reading& told);

/// The claim that the user names for the cache.
std::optional<object_key> named_cache(const claim& wish);

/// The PersistentVolumeClaims that the claimant names.
std::set<object_key> mounted_by(const claimant_fact& from);

/// The claimant names no Secret.
trouble nameless(claim_kind kind);

/// The repository's Secret is not there.
trouble missing_secret(const object_key& secret);

/// The CA object is not there.
trouble missing_ca(const copy_source& ca, claim_kind kind);

/// The user's claim for the cache is not there.
trouble missing_cache(const object_key& cache);

} // namespace holystone::actors
