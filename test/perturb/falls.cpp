// Actors fall at any request, are flooded or slow (PERTURB-16).

#include "family.hpp"

#include <fmt/format.h>

#include <set>

namespace holystone::perturb {

using namespace std::chrono_literals;

namespace {

/// So many of an actor's turns, spread evenly over the story; all of them when
/// it has fewer.
constexpr unsigned turns_each = 12;

std::set<unsigned> some_of(unsigned turns) {
  std::set<unsigned> all;
  for (unsigned i = 0; i < turns_each; ++i)
    all.insert(1 + i * turns / turns_each);
  return all;
}

std::vector<plan> falls() {
  std::vector<plan> all;
  for (const auto& told : all_stories()) {
    const auto& usual = reference_of(told);
    for (const auto& [role, turns] : usual.turns) {
      if (role.empty())
        continue;
      for (std::size_t k = 1; k <= usual.all_writes.size(); ++k)
        all.push_back({"PERTURB-16",
                       told.name,
                       {{"role", role}, {"write", std::to_string(k)}}});
      for (auto turn : some_of(turns))
        all.push_back({"PERTURB-16",
                       told.name,
                       {{"role", role}, {"turn", std::to_string(turn)}}});
    }
    for (auto how : {"flood", "slow"})
      all.push_back({"PERTURB-16", told.name, {{"how", how}}});
  }
  return all;
}

/// An actor of this role falls; what people do next waits until the core is up
/// again, which takes a second, and trusts what it sees, which takes a minute.
void fall(play& on, process& who, const std::string& role,
          const std::string& when) {
  on.fault(fmt::format("{} falls at {}", role, when));
  who.crash(role);
  on.hold(90s);
}

void arrange_fall(play& on, const plan& what) {
  on.expects.may_fall = true;
  if (what.text("how") == "flood") {
    on.fault("every line comes a hundred times");
    on.through.on_bytes = [](process&, open_watch&, std::string& bytes) {
      std::string many;
      for (int i = 0; i < 100; ++i)
        many += bytes;
      bytes = std::move(many);
    };
    return;
  }
  if (what.text("how") == "slow") {
    on.fault("every answer takes two seconds");
    on.through.on_request = [](process&, const request&, unsigned) {
      passage way;
      way.late = 2s;
      return way;
    };
    return;
  }
  auto role = what.text("role");
  if (auto turn = what.number("turn")) {
    on.through.on_turn = [&on, role, left = turn](
                             process& who, const std::string& next) mutable {
      if (next == role && left > 0 && --left == 0)
        fall(on, who, role, "its turn");
    };
    return;
  }
  on.through.on_request
      = [&on, role, write = what.number("write")](
            process& who, const request& asked, unsigned writes) {
          if (is_write(asked) && writes == write && on.faults == 0)
            fall(on, who, role, fmt::format("write {}", write));
          return passage{};
        };
}

} // namespace

std::vector<family> fall_families() {
  return {{"PERTURB-16",
           "an actor falls, is flooded, is slow",
           {},
           falls,
           arrange_fall,
           nullptr,
           true}};
}

} // namespace holystone::perturb
