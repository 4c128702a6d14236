#pragma once

// Which claims name an object, such as a Secret: so that its news reach them.
// Plain memory; placement.hpp keeps one for each kind that claims name.

#include "actors/messages.hpp"

#include <map>
#include <set>
#include <vector>

namespace holystone::actors {

/// Claims by the object that they name.
class claim_index {
public:
  /// The claim names this object.
  void add(const object_key& named, const claim_key& who) {
    claims_[named].insert(who);
  }

  /// It does not, or not any more.
  void remove(const object_key& named, const claim_key& who) {
    auto i = claims_.find(named);
    if (i != claims_.end() && i->second.erase(who) > 0 && i->second.empty())
      claims_.erase(i);
  }

  /// Who names this object.
  std::vector<claim_key> naming(const object_key& named) const {
    auto i = claims_.find(named);
    if (i == claims_.end())
      return {};
    return {i->second.begin(), i->second.end()};
  }

private:
  std::map<object_key, std::set<claim_key>> claims_;
};

} // namespace holystone::actors
