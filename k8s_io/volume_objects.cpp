#include "k8s_io/volume_objects.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

/// Where the fork's movers have `moverVolumes` (fork-behaviour G4.9).
constexpr std::string_view mover_directory = "/mnt/";

/// Where the fork's first movers had `repositoryPVC`.
constexpr std::string_view former_repository_mount = "/kopia";

/// Where a `repositoryPVC` may hold its repository instead of its root.
constexpr std::string_view repository_folder = "repository";

/// A name that the fork accepts: it is one directory below /mnt.
bool is_directory_name(const std::string& name) {
  return !name.empty() && name.find('/') == name.npos
         && name.find("..") == name.npos;
}

/// The one node that a volume is bound to; empty: none, or several.
std::string node_of(const json::value& volume) {
  const auto& terms = items_at(volume, "spec", "nodeAffinity", "required",
                               "nodeSelectorTerms");
  if (terms.size() != 1)
    return {};
  for (const auto& rule : items_at(terms.front(), "matchExpressions")) {
    const auto& nodes = items_at(rule, "values");
    if (text_at(rule, "key") == "kubernetes.io/hostname"
        && text_at(rule, "operator") == "In" && nodes.size() == 1
        && nodes.front().is_string())
      return std::string{nodes.front().get_string()};
  }
  return {};
}

/// The monitors in an order of their own, because a volume's may differ.
std::string monitors_of(const json::value& volume) {
  std::vector<std::string> monitors;
  for (const auto& one : items_at(volume, "spec", "cephfs", "monitors"))
    if (const auto* text = one.if_string())
      monitors.emplace_back(*text);
  std::ranges::sort(monitors);
  return fmt::format("{}", fmt::join(monitors, ","));
}

/// The container of ours in a pod's spec; null: there is none.
const json::value* mover_of(const json::value& pod_spec) {
  for (const auto& one : items_at(pod_spec, "containers"))
    if (text_at(one, "name") == names::container)
      return &one;
  return nullptr;
}

/// What we told the mover about the volume; absent: nothing.
std::optional<volume_identity> told_volume(const json::value& pod_spec) {
  constexpr std::string_view flag = "--volume=";
  const auto* mover = mover_of(pod_spec);
  if (!mover)
    return std::nullopt;
  for (const auto& one : items_at(*mover, "args"))
    if (const auto* text = one.if_string(); text && text->starts_with(flag))
      if (auto told = parse_volume(std::string_view{*text}.substr(flag.size())))
        return *told;
  return std::nullopt;
}

} // namespace

std::vector<named_volume> read_named_volumes(const json::value& kopia) {
  std::vector<named_volume> found;
  if (auto own = text_at(kopia, "repositoryPVC"); !own.empty()) {
    for (auto mount : {repository_mount, former_repository_mount})
      found.push_back(
          {own, {}, {}, std::string{mount}, std::string{repository_folder}});
  }
  for (const auto& item : items_at(kopia, "moverVolumes")) {
    auto name = text_at(item, "mountPath");
    if (!is_directory_name(name))
      continue;
    auto at = [&](auto... keys) {
      return text_at(item, "volumeSource", keys...);
    };
    named_volume one{at("persistentVolumeClaim", "claimName"),
                     at("nfs", "server"), at("nfs", "path"),
                     std::string{mover_directory} + name};
    if (!one.claim_name.empty()
        || (!one.nfs_server.empty() && !one.nfs_path.empty()))
      found.push_back(std::move(one));
  }
  return found;
}

result<std::string> read_bound_volume(const json::value& claim) {
  auto name = fmt::format("{}/{}", text_at(claim, "metadata", "namespace"),
                          text_at(claim, "metadata", "name"));
  if (!text_at(claim, "metadata", "deletionTimestamp").empty())
    return error{
        fmt::format("PersistentVolumeClaim {} is being deleted", name)};
  auto phase = text_at(claim, "status", "phase");
  auto volume = text_at(claim, "spec", "volumeName");
  if (phase != "Bound" || volume.empty())
    return error{fmt::format("PersistentVolumeClaim {} is not bound (phase: "
                             "{}); it needs a PersistentVolume",
                             name, phase.empty() ? "Pending" : phase)};
  return volume;
}

volume_identity read_volume(const json::value& volume) {
  auto at = [&](auto... keys) {
    return text_at(volume, "spec", keys...);
  };
  if (find(volume, "spec", "nfs"))
    return nfs_volume(at("nfs", "server"), at("nfs", "path"));
  if (find(volume, "spec", "cephfs"))
    return cephfs_volume(monitors_of(volume), at("cephfs", "path"));
  if (find(volume, "spec", "csi"))
    return csi_volume(at("csi", "driver"), at("csi", "volumeHandle"),
                      texts_at(volume, "spec", "csi", "volumeAttributes"));
  // A path means nothing without its node.
  if (auto node = node_of(volume);
      !node.empty() && find(volume, "spec", "hostPath"))
    return host_path_volume(node, at("hostPath", "path"));
  return pv_volume(text_at(volume, "metadata", "uid"));
}

std::optional<std::vector<named_volume>>
read_injected_volumes(const json::value& job) {
  const auto* spec = find(job, "spec", "template", "spec");
  const auto* mover = spec ? mover_of(*spec) : nullptr;
  if (!mover)
    return std::nullopt;
  if (auto told = told_volume(*spec); told && !told->mounted_at.empty())
    return std::nullopt;
  std::vector<named_volume> found;
  for (const auto& volume : items_at(*spec, "volumes")) {
    named_volume one{text_at(volume, "persistentVolumeClaim", "claimName"),
                     text_at(volume, "nfs", "server"),
                     text_at(volume, "nfs", "path"),
                     {}};
    if (one.claim_name.empty() && one.nfs_server.empty())
      continue;
    for (const auto& mount : items_at(*mover, "volumeMounts"))
      if (text_at(mount, "name") == text_at(volume, "name")
          && text_at(mount, "subPath").empty()
          && text_at(mount, "subPathExpr").empty()) {
        one.seen_at = text_at(mount, "mountPath");
        found.push_back(one);
      }
  }
  return found;
}

std::optional<volume_identity>
read_recorded_volume(const json::value& cron_job) {
  const auto* spec
      = find(cron_job, "spec", "jobTemplate", "spec", "template", "spec");
  auto told = spec ? told_volume(*spec) : std::nullopt;
  return told && told->mounted_at.empty() ? told : std::nullopt;
}

} // namespace holystone::k8s_io
