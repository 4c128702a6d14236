#pragma once

// What a real cluster does and this one does not: asked for it, the simulated
// server answers 501 and never guesses. Each entry has a name that
// docs/simulator.md lists; a test holds the two against each other. Asked by
// the router and by the write verbs.

#include "simulator/api_error.hpp"
#include "simulator/kinds.hpp"
#include "simulator/target.hpp"

#include <boost/json.hpp>

#include <string_view>
#include <vector>

namespace holystone::simulator {

/// The names of all entries, as GET /simulator/not-modelled shows them.
std::vector<std::string_view> all_not_modelled();

/// 501 for a group, a resource or a subresource that only real ones serve.
complaint refuse_resource(const target& where, const kind_info* kind);

/// 501 for a form of answer that only real ones give.
complaint refuse_form(std::string_view accept);

/// 501 for an object with fields that nothing here would obey.
complaint refuse_fields(const kind_info& kind,
                        const boost::json::value& object);

} // namespace holystone::simulator
