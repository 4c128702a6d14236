#include "actors/editions.hpp"

#include "actors/phrases.hpp"
#include "scheduler/folded_facts.hpp"

namespace holystone::scheduler {

template <>
inline constexpr std::size_t members_of<actors::edition> = 2;

} // namespace holystone::scheduler

namespace holystone::actors {

bool editions::learn(const kept<object_key>& key, const edition& now_is) {
  if (find(key.open()) == now_is)
    return false;
  known_.insert_or_assign(key, folded<edition>{now_is, phrases_of<edition>()});
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

const kept<object_key>* editions::name_of(const object_key& key) const {
  auto known = known_.find(key);
  return known == known_.end() ? nullptr : &known->first;
}

} // namespace holystone::actors
