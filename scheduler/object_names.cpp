#include "scheduler/object_names.hpp"

#include "scheduler/short_hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

constexpr std::string_view cron_job_prefix = "kopia-maintenance-";
constexpr std::string_view maintenance_prefix = "kopia-maint-";
/// The API server's limit: the controller adds eleven characters for a Job.
constexpr std::size_t longest_cron_job_name = 52;
constexpr std::string_view manual_prefix = "kopia-maint-manual-";
constexpr std::string_view lease_prefix = "kopia-repository-";
constexpr std::string_view quick_suffix = "-quick";
constexpr std::size_t hash_length = 16;

bool is_hash(std::string_view text) {
  return text.size() == hash_length && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

} // namespace

std::string cron_job_name(const repository_id& id, maintenance_kind kind) {
  auto name = std::string{cron_job_prefix} + id.hex;
  if (kind == maintenance_kind::quick)
    name += quick_suffix;
  return name;
}

std::string maintenance_cron_job_name(const object_key& maintenance,
                                      maintenance_kind kind) {
  auto suffix = kind == maintenance_kind::quick ? quick_suffix : "";
  auto most = longest_cron_job_name - maintenance_prefix.size() - 1
              - hash_length - suffix.size();
  auto name = maintenance.name.substr(0, most);
  // Each part between dots must end in a letter or a digit.
  while (name.ends_with('-') || name.ends_with('.'))
    name.pop_back();
  auto hash
      = short_hash(fmt::format("{}/{}", maintenance.ns, maintenance.name));
  return fmt::format("{}{}-{}{}", maintenance_prefix, name, hash, suffix);
}

std::string manual_job_name(const object_key& maintenance,
                            const std::string& tag) {
  return std::string{manual_prefix}
         + short_hash(
             fmt::format("{}/{}/{}", maintenance.ns, maintenance.name, tag));
}

std::optional<cron_job_address> parse_cron_job_name(std::string_view name) {
  if (!name.starts_with(cron_job_prefix))
    return std::nullopt;
  name.remove_prefix(cron_job_prefix.size());
  auto kind = maintenance_kind::full;
  if (name.ends_with(quick_suffix)) {
    name.remove_suffix(quick_suffix.size());
    kind = maintenance_kind::quick;
  }
  if (!is_hash(name))
    return std::nullopt;
  return cron_job_address{{std::string{name}}, kind};
}

std::string shortened(const std::string& name, std::size_t longest) {
  if (name.size() <= longest)
    return name;
  return fmt::format("{}-{}", name.substr(0, longest - 1 - hash_length),
                     short_hash(name));
}

std::string lease_name(std::string_view location) {
  return std::string{lease_prefix}.append(location);
}

std::string parse_lease_name(std::string_view name) {
  if (!name.starts_with(lease_prefix))
    return {};
  name.remove_prefix(lease_prefix.size());
  return is_hash(name) ? std::string{name} : std::string{};
}

} // namespace holystone::scheduler
