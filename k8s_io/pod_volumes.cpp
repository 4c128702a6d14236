#include "k8s_io/pod_volumes.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "scheduler/cache_claim.hpp"
#include "scheduler/quantity.hpp"
#include "scheduler/short_hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// A volume and where the container has it.
struct mounted {
  json::object volume;
  json::object mount;
};

mounted scratch(std::string_view name, std::string_view size) {
  return {{{"name", name}, {"emptyDir", {{"sizeLimit", size}}}},
          {{"name", name}, {"mountPath", fmt::format("/{}", name)}}};
}

/// The claimant's own CA object, under the name that the copies have.
json::object ca_source_of(const custom_ca& ca) {
  json::array items{json::object{{"key", ca.key}, {"path", "ca.crt"}}};
  json::object volume{{"name", "custom-ca"}};
  if (!ca.secret_name.empty())
    volume["secret"] = {{"secretName", ca.secret_name},
                        {"items", items},
                        {"defaultMode", 0444}};
  else
    volume["configMap"] = {
        {"name", ca.config_map_name}, {"items", items}, {"defaultMode", 0444}};
  return volume;
}

mounted ca_volume(const cron_job_intent& wanted) {
  json::object source{
      {"name", "custom-ca"},
      {"secret", {{"secretName", wanted.ca}, {"defaultMode", 0444}}}};
  if (wanted.own_ca)
    source = ca_source_of(*wanted.own_ca);
  return {
      std::move(source),
      {{"name", "custom-ca"}, {"mountPath", "/customCA"}, {"readOnly", true}}};
}

/// The volume that our pods mount for the repository, if any.
const repository_volume* mounted_volume(const cron_job_intent& wanted) {
  return wanted.volume && !wanted.volume->is_injected() ? &*wanted.volume
                                                        : nullptr;
}

/// The repository's own volume (contract section 3).
json::object repository_source(const repository_volume& volume) {
  json::object source{{"name", names::repository_volume}};
  const auto& parts = volume.identity.parts;
  if (volume.claim.name.empty())
    source["nfs"]
        = {{"server", parts.at("server")}, {"path", parts.at("share")}};
  else
    source["persistentVolumeClaim"] = {{"claimName", volume.claim.name}};
  return source;
}

/// Is it the volume that holds the repository, which is mounted already?
bool is_repository(const json::value& source, const cron_job_intent& wanted) {
  const auto* volume = mounted_volume(wanted);
  if (!volume)
    return false;
  if (!volume->claim.name.empty())
    return text_at(source, "persistentVolumeClaim", "claimName")
           == volume->claim.name;
  auto export_of_user = nfs_volume(text_at(source, "nfs", "server"),
                                   text_at(source, "nfs", "path"));
  return find(source, "nfs") && export_of_user.parts == volume->identity.parts;
}

/// `u-<mountPath>` as in the fork, where that can be a volume's name.
std::string user_volume_name(const std::string& directory) {
  constexpr std::size_t longest = 63;
  auto name = "u-" + directory;
  auto is_fit = [](char c) {
    return c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  if (name.size() <= longest && std::ranges::all_of(name, is_fit)
      && !name.ends_with('-'))
    return name;
  return "u-" + short_hash(directory);
}

/// The volumes that the user adds, each directory once.
std::vector<mounted> user_volumes(const cron_job_intent& wanted) {
  std::vector<mounted> all;
  std::set<std::string> taken;
  boost::system::error_code broken;
  auto items = json::parse(pods_of(wanted.settings).volumes, broken);
  if (broken || !items.is_array())
    return all;
  for (const auto& item : items.get_array()) {
    auto directory = text_at(item, "mountPath");
    for (auto kind : {"secret", "nfs", "persistentVolumeClaim"}) {
      const auto* source = find(item, "volumeSource", kind);
      if (!source || !source->is_object() || directory.empty()
          || is_repository(item.at("volumeSource"), wanted)
          || !taken.insert(directory).second)
        continue;
      auto name = user_volume_name(directory);
      auto content = source->get_object();
      // Written as the server stores it, so that it reads back as wanted.
      if (kind == std::string_view{"secret"}
          && !content.contains("defaultMode"))
        content["defaultMode"] = 0644;
      all.push_back(
          {{{"name", name}, {kind, std::move(content)}},
           {{"name", name}, {"mountPath", fmt::format("/mnt/{}", directory)}}});
    }
  }
  return all;
}

std::vector<mounted> cache_volume(const cron_job_intent& wanted) {
  const auto& cache = pods_of(wanted.settings).cache;
  auto claimed = [](const std::string& claim) {
    return std::vector<mounted>{
        {{{"name", "cache"}, {"persistentVolumeClaim", {{"claimName", claim}}}},
         {{"name", "cache"}, {"mountPath", "/cache"}}}};
  };
  switch (cache.where) {
    case cache_wishes::place::none:
      return {};
    case cache_wishes::place::existing_claim:
      return claimed(cache.claim);
    case cache_wishes::place::own_claim:
      return claimed(cache_claim_name(wanted.winner.object.name));
    case cache_wishes::place::scratch:
      break;
  }
  return {scratch("cache", cache.capacity.empty() ? "8Gi" : cache.capacity)};
}

std::vector<mounted> all_volumes(const cron_job_intent& wanted) {
  std::vector<mounted> all{
      {{{"name", "credentials"},
        {"secret",
         {{"secretName", wanted.credentials}, {"defaultMode", 0440}}}},
       {{"name", "credentials"},
        {"mountPath", "/credentials"},
        {"readOnly", true}}},
      scratch("config", "64Mi")};
  for (auto& cache : cache_volume(wanted))
    all.push_back(std::move(cache));
  all.push_back(scratch("tmp", "64Mi"));
  if (has_ca(wanted))
    all.push_back(ca_volume(wanted));
  if (const auto* volume = mounted_volume(wanted))
    all.push_back({repository_source(*volume),
                   {{"name", names::repository_volume},
                    {"mountPath", repository_mount}}});
  for (auto& more : user_volumes(wanted))
    all.push_back(std::move(more));
  return all;
}

} // namespace

bool has_ca(const cron_job_intent& wanted) {
  return !wanted.ca.empty() || wanted.own_ca;
}

json::array volumes_of(const cron_job_intent& wanted) {
  json::array list;
  for (auto& each : all_volumes(wanted))
    list.push_back(std::move(each.volume));
  return list;
}

json::array mounts_of(const cron_job_intent& wanted) {
  json::array list;
  for (auto& each : all_volumes(wanted))
    list.push_back(std::move(each.mount));
  return list;
}

json::array cache_arguments(const cron_job_intent& wanted) {
  const auto& cache = pods_of(wanted.settings).cache;
  if (cache.where == cache_wishes::place::none)
    return {"--cache=none"};
  json::array arguments;
  auto add = [&](std::string_view flag, std::optional<std::int64_t> limit) {
    if (limit)
      arguments.push_back(json::string(fmt::format("{}={}", flag, *limit)));
  };
  auto limits = cache_limits_of(cache);
  add("--metadata-cache-mb", limits.metadata);
  add("--content-cache-mb", limits.content);
  return arguments;
}

} // namespace holystone::k8s_io
