#include "scheduler/volume_identity.hpp"

#include "scheduler/kopia_url.hpp"
#include "scheduler/percent_coding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace holystone::scheduler {

namespace {

using attribute_map = std::map<std::string, std::string>;

std::string attribute(const attribute_map& from, const char* name) {
  const auto found = from.find(name);
  return found == from.end() ? std::string{} : found->second;
}

std::string server_name(std::string_view server) {
  auto name = lower_case(trimmed(server));
  if (name.ends_with('.'))
    name.pop_back();
  return name;
}

/// One leading slash, none doubled, none at the end.
std::string tree(std::string_view path) {
  std::string out;
  for (const char c : path)
    if (c != '/')
      out += c;
    else if (!out.ends_with('/'))
      out += c;
  if (out.ends_with('/'))
    out.pop_back();
  return out.starts_with('/') ? out : "/" + out;
}

constexpr std::string_view encoded = "%&=?+ ";

std::string encode(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (encoded.find(c) != std::string_view::npos)
      out += fmt::format("%{:02X}", static_cast<unsigned>(c));
    else
      out += c;
  return out;
}

struct kind_rule {
  std::string_view kind;
  std::array<const char*, 2> required;
};

constexpr std::array<kind_rule, 7> kinds = {{{"nfs", {"server", "share"}},
                                             {"cephfs", {"server", "share"}},
                                             {"smb", {"server", "share"}},
                                             {"csi", {"driver", "handle"}},
                                             {"pv", {"uid", nullptr}},
                                             {"pvc", {"uid", nullptr}},
                                             {"hostpath", {"node", "path"}}}};

result<volume_identity> checked(volume_identity volume) {
  for (const auto& rule : kinds) {
    if (rule.kind != volume.kind)
      continue;
    for (const char* name : rule.required)
      if (name != nullptr && attribute(volume.parts, name).empty())
        return error{
            fmt::format("volume {}: {} is missing", volume.kind, name)};
    return volume;
  }
  return error{fmt::format("volume kind '{}' is none of nfs, cephfs, smb, csi, "
                           "pv, pvc, hostpath",
                           volume.kind)};
}

/// Brings what a user wrote to the spelling that the makers below use.
volume_identity normalised(volume_identity volume) {
  for (const char* name : {"share", "path"})
    if (const auto found = volume.parts.find(name); found != volume.parts.end())
      found->second = tree(found->second);
  if (const auto found = volume.parts.find("server");
      found != volume.parts.end())
    found->second = server_name(found->second);
  volume.mount_path = tree(volume.mount_path);
  if (!volume.mounted_at.empty())
    volume.mounted_at = tree(volume.mounted_at);
  return volume;
}

volume_identity shared_tree(const char* kind, std::string server,
                            std::string_view share) {
  return {kind, {{"server", std::move(server)}, {"share", tree(share)}}};
}

} // namespace

volume_identity nfs_volume(std::string_view server, std::string_view share) {
  return shared_tree("nfs", server_name(server), share);
}

volume_identity cephfs_volume(std::string_view cluster, std::string_view path) {
  return shared_tree("cephfs", server_name(cluster), path);
}

result<volume_identity> smb_volume(std::string_view source) {
  std::string text{trimmed(source)};
  std::replace(text.begin(), text.end(), '\\', '/');
  const auto server_at = text.find_first_not_of('/');
  const auto share_at
      = server_at == std::string::npos ? server_at : text.find('/', server_at);
  const auto name_at = share_at == std::string::npos
                           ? share_at
                           : text.find_first_not_of('/', share_at);
  if (server_at < 2 || name_at == std::string::npos)
    return error{fmt::format("SMB source '{}' is not //server/share", source)};
  const auto folder_at = std::min(text.find('/', name_at), text.size());
  // A share's name has no case, the folders below it may have.
  const auto share = lower_case(text.substr(name_at, folder_at - name_at));
  return shared_tree("smb",
                     server_name(text.substr(server_at, share_at - server_at)),
                     share + text.substr(folder_at));
}

volume_identity csi_volume(std::string_view driver, std::string_view handle,
                           const attribute_map& attributes) {
  const auto server = attribute(attributes, "server");
  const auto share = attribute(attributes, "share");
  if (driver == "nfs.csi.k8s.io" && !server.empty() && !share.empty())
    return nfs_volume(server, share + "/" + attribute(attributes, "subdir"));
  const auto source = attribute(attributes, "source");
  if (driver == "smb.csi.k8s.io" && !source.empty())
    if (auto smb = smb_volume(source + "/" + attribute(attributes, "subdir")))
      return *smb;
  auto path = attribute(attributes, "rootPath");
  if (path.empty())
    path = attribute(attributes, "subvolumePath");
  const auto cluster = attribute(attributes, "clusterID");
  if (driver.ends_with("cephfs.csi.ceph.com") && !cluster.empty()
      && !path.empty())
    return cephfs_volume(cluster, attribute(attributes, "fsName") + "/" + path);
  return {"csi",
          {{"driver", std::string{driver}}, {"handle", std::string{handle}}}};
}

volume_identity pv_volume(std::string_view uid) {
  return {"pv", {{"uid", std::string{uid}}}};
}

volume_identity claim_volume(std::string_view uid) {
  return {"pvc", {{"uid", std::string{uid}}}};
}

volume_identity host_path_volume(std::string_view node, std::string_view path) {
  return {"hostpath", {{"node", std::string{node}}, {"path", tree(path)}}};
}

std::string to_text(const volume_identity& volume) {
  auto text = volume.kind + "?";
  for (const auto& [key, value] : volume.parts)
    text += key + "=" + encode(value) + "&";
  text += "mount=" + encode(volume.mount_path);
  if (!volume.mounted_at.empty())
    text += "&at=" + encode(volume.mounted_at);
  return text;
}

result<volume_identity> parse_volume(std::string_view text) {
  const auto mark = text.find('?');
  volume_identity volume;
  volume.kind = text.substr(0, mark);
  text.remove_prefix(mark == std::string_view::npos ? text.size() : mark + 1);
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos)
      return error{fmt::format("volume: '{}' is not key=value", pair)};
    const auto value = percent_decoded(pair.substr(equals + 1));
    if (const auto key = pair.substr(0, equals); key == "mount")
      volume.mount_path = value;
    else if (key == "at")
      volume.mounted_at = value;
    else
      volume.parts[std::string{key}] = value;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (volume.kind == "smb" && volume.parts.count("source") != 0) {
    auto smb = smb_volume(volume.parts["source"]);
    if (smb) {
      smb->mount_path = tree(volume.mount_path);
      smb->mounted_at = volume.mounted_at;
    }
    return smb;
  }
  auto known = checked(std::move(volume));
  return known ? result<volume_identity>{normalised(*known)} : known;
}

} // namespace holystone::scheduler
