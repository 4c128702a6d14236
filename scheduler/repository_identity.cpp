#include "scheduler/repository_identity.hpp"

#include "scheduler/json_text.hpp"
#include "scheduler/short_hash.hpp"

#include <fmt/format.h>

namespace holystone::scheduler {

namespace {

std::string_view part(const location& where, const char* name) {
  const auto found = where.parts.find(name);
  return found == where.parts.end() ? std::string_view{} : found->second;
}

std::string join(std::string_view left, std::string_view between,
                 std::string_view right) {
  return fmt::format("{}{}{}", left, between, right);
}

std::string volume_of(const location& where) {
  const auto kind = part(where, "volume");
  if (kind == "csi")
    return join(part(where, "driver"), "/", part(where, "handle"));
  if (kind == "pv")
    return join("persistent volume", " ", part(where, "uid"));
  if (kind == "pvc")
    return join("persistent volume claim", " ", part(where, "uid"));
  if (kind == "hostpath")
    return join("node", " ", part(where, "node"));
  if (kind == "unknown")
    return join("a volume of namespace", " ", part(where, "namespace"));
  return join(kind, "://", part(where, "server"));
}

} // namespace

std::string canonical_json(const location& where) {
  auto members = where.parts;
  members["backend"] = where.backend;
  json_object out;
  for (const auto& [key, value] : members)
    out.text(key, value);
  return out.str();
}

repository_id identify(const location& where) {
  return {short_hash(canonical_json(where))};
}

repository_id identify_by_secret(std::string_view secret_name,
                                 const custom_ca& ca, const location& where) {
  json_object authority;
  authority.text("configMapName", ca.config_map_name)
      .text("key", ca.key)
      .text("secretName", ca.secret_name);
  json_object out;
  out.raw("customCA", authority.str())
      .raw("location", canonical_json(where))
      .text("repository", secret_name);
  return {short_hash(out.str())};
}

reach reach_of(const location& where) {
  if (where.backend != "filesystem")
    return reach::network;
  const auto kind = part(where, "volume");
  return kind == "nfs"       ? reach::nfs
         : kind == "unknown" ? reach::unknown
                             : reach::claim;
}

std::string endpoint_of(const location& where) {
  const auto& backend = where.backend;
  if (backend == "s3" && where.parts.count("partition") != 0)
    return join("s3", ".", part(where, "partition"));
  if (backend == "azure")
    return join(part(where, "account"), ".", part(where, "domain"));
  if (backend == "gcs")
    return "storage.googleapis.com";
  if (backend == "b2")
    return "backblazeb2.com";
  if (backend == "gdrive")
    return "drive.google.com";
  if (backend == "rclone")
    return join("rclone", ":", part(where, "remote"));
  if (backend == "filesystem")
    return volume_of(where);
  return std::string{part(where, "endpoint")};
}

std::string describe(const location& where) {
  if (where.backend == "filesystem")
    return fmt::format("{} on {}", part(where, "path"), volume_of(where));
  if (where.backend == "rclone")
    return fmt::format("rclone path {}", part(where, "path"));
  if (where.backend == "gdrive")
    return fmt::format("Google Drive folder {}", part(where, "folder"));
  std::string text = where.backend + "://";
  for (const char* name : {"bucket", "container"})
    text += part(where, name);
  for (const char* name : {"prefix", "path"})
    if (const auto value = part(where, name); !value.empty())
      text += value.front() == '/' ? std::string{value} : join("/", "", value);
  return fmt::format("{} at {}", text, endpoint_of(where));
}

} // namespace holystone::scheduler
