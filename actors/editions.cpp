#include "actors/editions.hpp"

#include "actors/phrases.hpp"
#include "scheduler/folded_facts.hpp"

namespace holystone::scheduler {

template <>
inline constexpr std::size_t members_of<actors::edition> = 2;

} // namespace holystone::scheduler

namespace holystone::actors {

bool editions::learn(const object_key& key, const edition& now_is) {
  if (find(key) == now_is)
    return false;
  known_.insert_or_assign(name_of(key),
                          folded<edition>{now_is, phrases_of<edition>()});
  return true;
}

bool editions::forget(const object_key& key) {
  auto known = known_.find(key);
  if (known == known_.end())
    return false;
  known_.erase(known);
  return true;
}

std::optional<edition> editions::find(const object_key& key) const {
  auto known = known_.find(key);
  if (known == known_.end())
    return std::nullopt;
  return known->second.open(phrases_of<edition>());
}

kept<object_key> editions::name_of(const object_key& key) const {
  auto known = known_.find(key);
  return known == known_.end() ? kept{key} : known->first;
}

} // namespace holystone::actors
