// Long walks over every field of every claim, each step taken, taken back and
// made again (PERTURB-11).

#include "family.hpp"
#include "fresh.hpp"

#include "../actors/chain_claims.hpp"
#include "k8s_io/fields.hpp"

#include <fmt/format.h>

namespace holystone::perturb {

using namespace actors;
using namespace std::chrono_literals;

namespace {

/// A thousand steps, and each taken back and made again.
constexpr unsigned walks = 40;
constexpr unsigned steps = 25;

bool make(play& on, const field_change& change) {
  auto told = on.on.ask(change.method, change.target, change.body, true);
  return text_at(told, "status") != "Failure";
}

/// Changes a field; false: the API server refused.
bool step(play& on, const field_change& change) {
  on.fault(change.words());
  if (!make(on, change))
    return false;
  if (!on.comes_to_rest())
    on.on.violations.push_back("O3: no rest after " + change.words());
  return true;
}

void walk(play& on, const plan& what) {
  install_claimed(on.on.world);
  on.start(on.next_options);
  on.comes_to_rest();
  change_source changes{what.number("seed"), changeable_claims()};
  for (unsigned i = 0; i < steps && on.on.violations.empty(); ++i) {
    auto change = changes.next([&](const std::string& target) {
      auto found = on.on.world.call("GET", target);
      return text_at(found, "kind") == "Status" ? boost::json::value{} : found;
    });
    if (!step(on, change))
      continue;
    if (auto back = changes.inverse(); back && change.method == "PATCH") {
      step(on, *back);
      if (auto unlike = unlike_fresh(on); !unlike.empty())
        on.on.violations.push_back("O1: after " + change.words()
                                   + " was taken back:\n" + unlike);
      step(on, change);
    }
    restart_quietly(on, change.words());
  }
}

void arrange_walk(play& on, const plan&) {
  on.expects.other_end = true;
}

} // namespace

std::vector<family> walk_families() {
  return {{"PERTURB-11", "a walk over every field of every claim",
           "the comparison with a fresh cluster after each of 1,000 steps is "
           "test/actors/chain",
           [] { return seeded_plans("PERTURB-11", empty_story().name, walks); },
           arrange_walk, walk, true}};
}

} // namespace holystone::perturb
