#pragma once

// What the operator's settings make of its actors. Pure: the way to the API
// server, the board of meters and the onlookers are for the caller to add.
// Called by operator.cpp, and by bystander.cpp with another's settings.

#include "actors/root.hpp"
#include "config/options.hpp"

#include <caf/actor_system_config.hpp>

namespace holystone::actors {

/// The wall clock of this machine.
instant read_clock();

/// CAF as all of our actors run on it.
caf::actor_system_config& configured(caf::actor_system_config& config);

/// The actors that these settings ask for.
root_setup to_setup(const config::options& settings, std::string identity);

} // namespace holystone::actors
