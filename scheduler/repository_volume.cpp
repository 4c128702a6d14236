#include "scheduler/repository_volume.hpp"

#include <fmt/format.h>

namespace holystone::scheduler {

namespace {

/// The path below a mount point, or nothing if it lies elsewhere.
std::optional<std::string> path_inside(std::string_view mount,
                                       std::string_view path) {
  if (!path.starts_with(mount))
    return std::nullopt;
  path.remove_prefix(mount.size());
  if (!path.empty() && path.front() != '/' && mount != "/")
    return std::nullopt;
  return std::string{path};
}

std::string joined_tree(std::string_view base, std::string_view inside) {
  auto out = std::string{base == "/" ? "" : base};
  if (!inside.empty() && inside.front() != '/')
    out += '/';
  out += inside;
  return out.empty() ? "/" : out;
}

result<std::string> inside_of(const volume_identity& volume,
                              const std::string& path) {
  auto inside = path_inside(volume.mount_path, path);
  if (!inside)
    return error{fmt::format("key KOPIA_REPOSITORY: {} is not below {}, where "
                             "the repository's volume is mounted",
                             path, volume.mount_path)};
  return std::move(*inside);
}

} // namespace

const named_volume* volume_under(const std::vector<named_volume>& volumes,
                                 std::string_view path) {
  const named_volume* best = nullptr;
  for (const auto& volume : volumes)
    if (path_inside(volume.seen_at, path)
        && (!best || volume.seen_at.size() > best->seen_at.size()))
      best = &volume;
  return best;
}

repository_volume to_repository_volume(const named_volume& named,
                                       const object_key& claim,
                                       volume_identity found) {
  found.mount_path = named.seen_at;
  found.mounted_at = repository_mount;
  auto is_inline = named.claim_name.empty() || found.kind == "nfs";
  return {std::move(found), is_inline ? object_key{} : claim, named.folder};
}

repository_volume to_injected_volume(const named_volume& named,
                                     volume_identity found) {
  found.mount_path = named.seen_at;
  return {std::move(found), {}, {}};
}

result<std::string> path_in_pod(const std::optional<volume_identity>& volume,
                                const std::string& path) {
  if (!volume || volume->mounted_at.empty())
    return path;
  auto inside = inside_of(*volume, path);
  if (!inside)
    return inside.why();
  return joined_tree(volume->mounted_at, *inside);
}

result<location>
filesystem_location(const std::optional<volume_identity>& volume,
                    std::string_view claim_namespace, const std::string& path) {
  location where{"filesystem", {}};
  if (!volume) {
    where.parts = {{"volume", "unknown"},
                   {"namespace", std::string{claim_namespace}},
                   {"path", path}};
    return where;
  }
  auto inside = inside_of(*volume, path);
  if (!inside)
    return inside.why();
  where.parts = volume->parts;
  where.parts["volume"] = volume->kind;
  // A tree that the server exports and the path inside it are one path.
  std::string base;
  for (const char* name : {"share", "path"})
    if (const auto found = where.parts.find(name); found != where.parts.end()) {
      base = found->second;
      where.parts.erase(found);
    }
  where.parts["path"] = joined_tree(base, *inside);
  return where;
}

} // namespace holystone::scheduler
