#pragma once

// Which claims name an object, such as a Secret: so that its news reach them.
// Plain memory; placement.hpp keeps one for each kind that claims name.

#include "actors/kept_name.hpp"

#include <algorithm>
#include <vector>

namespace holystone::actors {

/// Claims by the object that they name.
class claim_index {
public:
  /// The claim names this object.
  void add(const kept<object_key>& named, const kept<claim_key>& who) {
    auto [first, last] = claims_.equal_range(named);
    for (auto i = first; i != last; ++i)
      if (i->second == who)
        return;
    claims_.emplace_hint(last, named, who);
  }

  /// It does not, or not any more.
  void remove(const object_key& named, const claim_key& who) {
    auto [first, last] = claims_.equal_range(named);
    for (; first != last; ++first)
      if (first->second == who) {
        claims_.erase(first);
        return;
      }
  }

  /// The object's name as it is kept, to be shared; null: nobody names it.
  const kept<object_key>* name_of(const object_key& named) const {
    auto known = claims_.find(named);
    return known == claims_.end() ? nullptr : &known->first;
  }

  /// Who names this object.
  std::vector<claim_key> naming(const object_key& named) const {
    std::vector<claim_key> all;
    auto [first, last] = claims_.equal_range(named);
    for (; first != last; ++first)
      all.push_back(first->second.open());
    std::ranges::sort(all);
    return all;
  }

  /// Little more will come.
  void shrink_to_fit() {
    claims_.shrink_to_fit();
  }

  /// Calls `take` with each object and a claim that names it.
  template <class Take>
  void visit(const Take& take) const {
    for (const auto& [named, who] : claims_)
      take(named.open(), who.open());
  }

private:
  boost::container::flat_multimap<kept<object_key>, kept<claim_key>,
                                  std::less<>>
      claims_;
};

} // namespace holystone::actors
