#include "scheduler/secret_copies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace holystone::scheduler {

namespace {

/// The wish for a new copy of all claims that share a Secret; taken together,
/// because otherwise two wishes would undo each other for ever.
std::string resync_of(const repository_facts& facts,
                      const copy_source& source) {
  std::set<std::string> wishes;
  for (const auto& c : facts.claimants)
    if (!c.wish.resync.empty()
        && (repository_secret(c.wish) == source || ca_source(c.wish) == source))
      wishes.insert(c.wish.resync);
  return fmt::format("{}", fmt::join(wishes, ","));
}

/// A KopiaMaintenance's pods run beside its Secret (contract section 7).
bool needs_copies(const claim& wish) {
  return wish.who.kind == claim_kind::replication_source;
}

} // namespace

const copy_fact* find_copy(const repository_facts& facts,
                           const copy_source& source) {
  auto i = std::ranges::find(facts.copies, source, &copy_fact::source);
  return i == facts.copies.end() ? nullptr : &*i;
}

copy_source repository_secret(const claim& wish) {
  return {copy_source::kind::secret, wish.secret, {}};
}

std::optional<copy_source> ca_source(const claim& wish) {
  if (!wish.ca)
    return std::nullopt;
  const auto& ca = *wish.ca;
  if (!ca.secret_name.empty())
    return copy_source{
        copy_source::kind::ca_secret, {wish.secret.ns, ca.secret_name}, ca.key};
  return copy_source{copy_source::kind::ca_config_map,
                     {wish.secret.ns, ca.config_map_name},
                     ca.key};
}

std::string secret_in_use(const repository_facts& facts, const claim& wish) {
  auto copied = wish;
  if (const auto* copy = find_copy(facts, repository_secret(wish)))
    copied.secret_version = copy->source_version;
  return secret_used(copied);
}

std::vector<write_copy> missing_copies(const repository_facts& facts) {
  std::vector<write_copy> missing;
  // Pods beside their claim mount its own Secret and CA.
  if (runs_beside_winner(facts))
    return missing;
  // Hundreds of claims may share one Secret.
  std::set<copy_source> seen;
  auto look = [&](const copy_source& source, const object_uid& uid,
                  const std::string& version) {
    if (version.empty() || !seen.insert(source).second)
      return;
    auto resync = resync_of(facts, source);
    const auto* copy = find_copy(facts, source);
    if (!copy || copy->source_uid != uid || copy->source_version != version
        || (!resync.empty() && copy->resync != resync))
      missing.push_back(
          {source, uid, version, resync, copy ? *copy : copy_fact{}});
  };
  for (const auto& c : facts.claimants) {
    const auto& wish = c.wish;
    if (!needs_copies(wish))
      continue;
    look(repository_secret(wish), wish.secret_uid, wish.secret_version);
    if (auto ca = ca_source(wish))
      look(*ca, wish.ca_uid, wish.ca_version);
  }
  return missing;
}

bool is_claimed(const repository_facts& facts, const copy_fact& copy) {
  if (runs_beside_winner(facts))
    return false;
  // Of several copies of one source the pods use one; the others go.
  if (const auto* used = find_copy(facts, copy.source);
      used != nullptr && used->key != copy.key)
    return false;
  return std::ranges::any_of(facts.claimants, [&](const claimant& c) {
    return needs_copies(c.wish)
           && (repository_secret(c.wish) == copy.source
               || ca_source(c.wish) == copy.source);
  });
}

} // namespace holystone::scheduler
