#include "scheduler/cache_claim.hpp"

#include "scheduler/object_names.hpp"
#include "scheduler/quantity.hpp"

#include <algorithm>

namespace holystone::scheduler {

namespace {

constexpr std::string_view claim_prefix = "volsync-kopia-maintenance-";
constexpr std::string_view claim_suffix = "-cache";
constexpr std::size_t longest_name = 253;

/// Parts of a capacity: 1.3 x (2 x 29 % + 17 %) is less than all of it.
constexpr double metadata_part = 0.29;
constexpr double content_part = 0.17;

double amount(const std::string& capacity) {
  return parse_quantity(capacity).value_or(0);
}

} // namespace

std::string cache_claim_name(const std::string& maintenance) {
  auto most = longest_name - claim_prefix.size() - claim_suffix.size();
  return std::string{claim_prefix}
      .append(shortened(maintenance, most))
      .append(claim_suffix);
}

std::string cache_claim_capacity(const cache_wishes& cache) {
  return cache.capacity.empty() ? "1Gi" : cache.capacity;
}

cache_claim_intent wanted_cache_claim(const object_key& maintenance,
                                      const object_uid& owner,
                                      const cache_wishes& cache,
                                      const cache_claim_fact* found) {
  cache_claim_intent wanted{
      {maintenance.ns, cache_claim_name(maintenance.name)},
      maintenance.name,
      owner,
      cache_claim_capacity(cache),
      cache.storage_class,
      cache.access_modes};
  if (found && amount(found->capacity) > amount(wanted.capacity))
    wanted.capacity = found->capacity;
  if (wanted.storage_class.empty() && found)
    wanted.storage_class = found->storage_class;
  if (wanted.access_modes.empty())
    wanted.access_modes = found ? found->access_modes
                                : std::vector<std::string>{"ReadWriteOnce"};
  return wanted;
}

bool is_like(const cache_claim_fact& found, const cache_claim_intent& wanted) {
  return found.owner == wanted.owner
         && amount(found.capacity) == amount(wanted.capacity)
         && found.storage_class == wanted.storage_class
         && found.access_modes == wanted.access_modes;
}

cache_limits cache_limits_of(const cache_wishes& cache) {
  using place = cache_wishes::place;
  std::string capacity;
  if (cache.where == place::own_claim)
    capacity = cache_claim_capacity(cache);
  else if (cache.where == place::scratch)
    capacity = cache.capacity;
  auto bytes = parse_quantity(capacity);
  auto part = [&](const std::optional<int>& given,
                  double share) -> std::optional<std::int64_t> {
    if (given)
      return *given;
    if (!bytes)
      return std::nullopt;
    // 0 would be no limit at all.
    return std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::min(*bytes / 1048576 * share, 1e9)));
  };
  return {part(cache.metadata_limit, metadata_part),
          part(cache.content_limit, content_part)};
}

} // namespace holystone::scheduler
