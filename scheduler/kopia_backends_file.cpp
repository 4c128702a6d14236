#include "scheduler/kopia_backends.hpp"

#include "scheduler/json_text.hpp"
#include "scheduler/rclone_remote.hpp"
#include "scheduler/repository_volume.hpp"

#include <fmt/format.h>

namespace holystone::scheduler {

namespace {

error holds_path(std::string_view key, std::string_view what) {
  return {fmt::format("key {}: it must hold {} itself, not a path", key, what)};
}

/// Lets a known_hosts line for `minio` count for `minio.<ns>.svc` as well.
std::string known_hosts_for(std::string_view lines, std::string_view written,
                            const server_address& address) {
  std::string out;
  const auto colon = written.find(':');
  const auto name = lower_case(written.substr(0, colon));
  const auto bracketed = fmt::format("[{}]:{}", name, address.port);
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    const auto line = lines.substr(0, end);
    const auto blank = std::min(line.find(' '), line.size());
    const auto names = line.substr(0, blank);
    out += names;
    if (name != address.host && (names == name || names == bracketed))
      out += address.port == 22
                 ? "," + address.host
                 : fmt::format(",[{}]:{}", address.host, address.port);
    out += line.substr(blank);
    out += '\n';
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

struct sftp_target {
  server_address address;
  std::string written_host;
  std::string user;
  std::string path;
};

result<sftp_target> find_sftp(const backend_input& input) {
  sftp_target out;
  const auto* url = input.url_of("sftp");
  std::string_view key = "SFTP_HOST";
  out.written_host = input.text({"SFTP_HOST"});
  out.user = input.text({"SFTP_USERNAME"});
  out.path = input.text({"SFTP_PATH"});
  if (out.written_host.empty() && url != nullptr) {
    key = "KOPIA_REPOSITORY";
    out.written_host = url->host;
    if (out.user.empty())
      out.user = url->user;
    if (out.path.empty())
      out.path = url->path;
  }
  if (const auto port = input.text({"SFTP_PORT"}); !port.empty())
    out.written_host += fmt::format(":{}", port);
  auto address = parse_address(key, out.written_host, 22, input.ns());
  if (!address)
    return address.why();
  out.address = *address;
  if (out.user.empty())
    return missing_key("SFTP_USERNAME", "the user at the SFTP server");
  const bool absolute = out.path.starts_with('/');
  auto path = parse_path("SFTP_PATH", out.path);
  if (!path)
    return path.why();
  out.path = absolute ? "/" + *path : *path;
  if (out.path.empty())
    return missing_key("SFTP_PATH", "the folder at the SFTP server");
  return out;
}

} // namespace

result<backend_choice> use_filesystem(const backend_input& input) {
  const auto* url = input.url_of("filesystem");
  std::string path = "/";
  if (url != nullptr) {
    if (!url->host.empty() || url->path.empty())
      return error{"key KOPIA_REPOSITORY: a filesystem path is absolute and "
                   "needs three slashes, e.g. filesystem:///repository"};
    auto parsed = parse_path("KOPIA_REPOSITORY", url->path);
    if (!parsed)
      return parsed.why();
    path += *parsed;
  } else if (input.volume()) {
    path = input.volume()->mount_path;
  }
  auto where = filesystem_location(input.volume(), input.ns(), path);
  if (!where)
    return where.why();
  auto here = path_in_pod(input.volume(), path);
  if (!here)
    return here.why();
  json_object options;
  options.text("path", *here);
  return backend_choice{*where, "filesystem", secret_bytes{options.str()}, {}};
}

result<backend_choice> use_webdav(const backend_input& input) {
  const auto own = input.text({"WEBDAV_URL"});
  auto url = own.empty() ? input.url() : split_url(own);
  const std::string_view key = own.empty() ? "KOPIA_REPOSITORY" : "WEBDAV_URL";
  if (!url)
    return error{"key WEBDAV_URL: write the whole URL, e.g. "
                 "https://dav.example/backups"};
  if (url->scheme == "webdav" || url->scheme == "webdavs")
    url->scheme = "https";
  if (url->scheme != "http" && url->scheme != "https")
    return error{fmt::format("key {}: the scheme must be http or https", key)};
  if (const auto objection = objection_to(key, *url))
    return *objection;
  const int usual = url->scheme == "https" ? 443 : 80;
  const auto address = parse_address(key, url->host, usual, input.ns());
  if (!address)
    return address.why();
  const auto path = parse_path(key, url->path);
  if (!path)
    return path.why();
  const auto user = input.text({"WEBDAV_USERNAME", "KOPIA_WEBDAV_USERNAME"});
  const auto password
      = input.secret({"WEBDAV_PASSWORD", "KOPIA_WEBDAV_PASSWORD"});
  if (!user.empty() && password.empty())
    return missing_key("WEBDAV_PASSWORD", "the password of WEBDAV_USERNAME");
  json_object options;
  options
      .text("url",
            fmt::format("{}://{}/{}", url->scheme, address->dial(usual), *path))
      .text("username", user)
      .text("password", password)
      .raw("atomicWrites", "false");
  location where{"webdav",
                 {{"endpoint", address->endpoint()},
                  {"path", "/" + *path},
                  {"user", std::string{user}}}};
  return backend_choice{
      std::move(where), "webdav", secret_bytes{options.str()}, {}};
}

result<backend_choice> use_sftp(const backend_input& input) {
  const auto target = find_sftp(input);
  if (!target)
    return target.why();
  const auto password = input.secret({"SFTP_PASSWORD"});
  const auto key = input.secret({"SFTP_KEY_DATA", "SFTP_KEY_FILE"});
  if (password.empty() && key.empty())
    return missing_key("SFTP_PASSWORD or SFTP_KEY_FILE",
                       "a way to log in at the SFTP server");
  if (!key.empty() && key.find("PRIVATE KEY") == std::string_view::npos)
    return holds_path("SFTP_KEY_FILE", "the private key");
  const auto hosts = input.text({"SFTP_KNOWN_HOSTS_DATA", "SFTP_KNOWN_HOSTS"});
  if (hosts.empty())
    return missing_key("SFTP_KNOWN_HOSTS_DATA",
                       "the server's key, as ssh-keyscan prints it");
  if (hosts.find(' ') == std::string_view::npos)
    return holds_path("SFTP_KNOWN_HOSTS", "the known_hosts lines");
  json_object options;
  options.text("path", target->path)
      .text("host", target->address.host)
      .number("port", target->address.port)
      .text("username", target->user)
      .text("password", password)
      .text("keyData", key)
      .text("knownHostsData",
            known_hosts_for(hosts, target->written_host, target->address));
  location where{"sftp",
                 {{"endpoint", target->address.endpoint()},
                  {"path", target->path},
                  {"user", target->user}}};
  return backend_choice{
      std::move(where), "sftp", secret_bytes{options.str()}, {}};
}

result<backend_choice> use_rclone(const backend_input& input) {
  std::string remote{input.text({"RCLONE_REMOTE_PATH"})};
  if (const auto* url = input.url_of("rclone");
      remote.empty() && url != nullptr)
    remote = url->host + url->path;
  const auto configuration = input.secret({"RCLONE_CONFIG"});
  if (configuration.empty())
    return missing_key("RCLONE_CONFIG",
                       "the configuration that the remote's name stands in");
  const auto resolved = resolve_remote(remote, configuration);
  if (!resolved)
    return resolved.why();
  const bool absolute = remote.find(":/") != std::string::npos;
  const auto path = (absolute ? "/" : "") + resolved->path;
  json_object options;
  options.text("remotePath", remote.substr(0, remote.find(':') + 1) + path)
      .text("rcloneExe", "rclone")
      .text("embeddedConfig", configuration)
      .flag("atomicWrites", true);
  location where{"rclone", {{"remote", resolved->fingerprint}, {"path", path}}};
  return backend_choice{
      std::move(where), "rclone", secret_bytes{options.str()}, {}};
}

result<backend_choice> use_gdrive(const backend_input& input) {
  const auto folder = input.text({"GOOGLE_DRIVE_FOLDER_ID"});
  const auto key = input.text({"GOOGLE_DRIVE_CREDENTIALS"});
  if (key.empty())
    return missing_key("GOOGLE_DRIVE_CREDENTIALS",
                       "the service account's JSON");
  if (key.front() != '{')
    return holds_path("GOOGLE_DRIVE_CREDENTIALS", "the service account's JSON");
  if (!folder.empty() && !is_plain_name(lower_case(folder), "_-", 253))
    return error{"key GOOGLE_DRIVE_FOLDER_ID: it holds no folder's id; that "
                 "is the last part of the folder's URL"};
  json_object options;
  options.text("folderID", folder)
      .text("credentialsFile", input.file("gdrive.json"));
  backend_choice choice;
  choice.where = {"gdrive", {{"folder", std::string{folder}}}};
  choice.storage_type = "gdrive";
  choice.options = secret_bytes{options.str()};
  choice.files["gdrive.json"] = secret_bytes{std::string{key}};
  return choice;
}

} // namespace holystone::scheduler
