#include "scheduler/cache_claim_edits.hpp"

#include <fmt/format.h>

namespace holystone::scheduler {

namespace {

bool wants_claim(const claim& wish) {
  return pods_of(wish.settings).cache.where == cache_wishes::place::own_claim;
}

/// Are pods made for this claimant?
bool runs_pods(const repository_facts& facts, const claimant& who) {
  return who.wish.who.kind == claim_kind::kopia_maintenance && !who.wish.defect
         && (!is_scheduled(who.wish) || winner_of(facts) == &who);
}

} // namespace

repository_action edit_of_cache(const repository_facts& facts,
                                const claimant& who) {
  const auto& wish = who.wish;
  const auto* found = wish.cache ? &*wish.cache : nullptr;
  if (!wants_claim(wish) || !runs_pods(facts, who)
      || (found && found->deleting))
    return {};
  auto wanted = wanted_cache_claim(wish.who.object, wish.uid,
                                   pods_of(wish.settings).cache, found);
  if (found && is_like(*found, wanted))
    return {};
  return apply_cache_claim{std::move(wanted),
                           found ? found->uid : object_uid{}};
}

repository_action removal_of_cache(const claimant& who) {
  const auto& wish = who.wish;
  if (!wish.cache || wish.cache->deleting || wants_claim(wish)
      || wish.cache->owner != wish.uid)
    return {};
  return delete_cache_claim{wish.cache->key, wish.cache->uid};
}

write_failure cache_trouble(const repository_facts& facts) {
  for (const auto& who : facts.claimants) {
    auto edit = edit_of_cache(facts, who);
    if (const auto* apply = std::get_if<apply_cache_claim>(&edit))
      if (const auto* fails = trouble_of(facts, edit))
        return {fmt::format("PersistentVolumeClaim {} can't be written as {} "
                            "asks: {}",
                            to_string(apply->wanted.key),
                            to_string(who.wish.who), fails->message),
                fails->reason};
    auto removal = removal_of_cache(who);
    if (const auto* gone = std::get_if<delete_cache_claim>(&removal))
      if (const auto* fails = trouble_of(facts, removal))
        return {fmt::format("PersistentVolumeClaim {} can't be deleted: {}",
                            to_string(gone->key), fails->message),
                fails->reason};
  }
  return {};
}

} // namespace holystone::scheduler
