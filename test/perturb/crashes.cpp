// The process dies: after a write whose answer it never hears, or before it is
// sent (PERTURB-1).

#include "family.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::perturb {

namespace {

/// In how many of the smallest stories a second death follows.
constexpr std::size_t pair_stories = 3;

std::vector<plan> deaths() {
  std::vector<plan> all;
  for (const auto& told : all_stories())
    for (std::size_t k = 1; k <= reference_of(told).all_writes.size(); ++k)
      for (auto applied : {"no", "yes"})
        all.push_back({"PERTURB-1",
                       told.name,
                       {{"applied", applied}, {"write", std::to_string(k)}}});
  return all;
}

/// The second death is one of the successor's at its l-th write.
std::vector<plan> double_deaths() {
  std::vector<plan> all;
  for (std::size_t i = 0; i < pair_stories; ++i) {
    const auto& told = all_stories()[i];
    const auto writes = reference_of(told).all_writes.size();
    for (std::size_t k = 1; k <= writes; ++k)
      for (std::size_t l = 1; l <= writes - k + 1; ++l)
        for (auto applied : {"no", "yes"})
          all.push_back({"PERTURB-1",
                         told.name,
                         {{"applied", applied},
                          {"then", std::to_string(l)},
                          {"write", std::to_string(k)}}});
  }
  return all;
}

void arrange_death(play& on, const plan& what) {
  auto applied = what.text("applied") == "yes";
  std::vector<unsigned> deaths{what.number("write")};
  if (auto then = what.number("then"))
    deaths.push_back(then);
  on.through.on_request = [&on, applied, deaths](process& who,
                                                 const request& asked,
                                                 unsigned writes) {
    auto life = who.options.number - 1;
    if (!is_write(asked) || life >= deaths.size() || writes != deaths[life])
      return passage{};
    on.fault(fmt::format("operator-{} dies {} its write {}", who.options.number,
                         applied ? "after" : "before", writes));
    passage way;
    way.arrives = applied;
    way.dies = true;
    return way;
  };
}

} // namespace

std::vector<family> crash_families() {
  return {{"PERTURB-1",
           "the process dies before or after a write, and again",
           {},
           [] {
             auto all = deaths();
             std::ranges::move(double_deaths(), std::back_inserter(all));
             return all;
           },
           arrange_death,
           nullptr,
           true}};
}

} // namespace holystone::perturb
