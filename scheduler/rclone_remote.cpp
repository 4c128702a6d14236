#include "scheduler/rclone_remote.hpp"

#include "scheduler/kopia_url.hpp"
#include "scheduler/repository_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace holystone::scheduler {

namespace {

using section = std::map<std::string, std::string>;
using sections = std::map<std::string, section, std::less<>>;

/// Options that prove who asks and do not select what is there.
constexpr std::array<std::string_view, 14> credentials = {{
    "access_key_id",
    "client_id",
    "client_secret",
    "key",
    "key_file",
    "key_file_pass",
    "key_pem",
    "known_hosts_file",
    "pass",
    "secret_access_key",
    "service_account_credentials",
    "service_account_file",
    "session_token",
    "bearer_token",
}};

/// Types whose other options (endpoint, user, account) fix the data. With all
/// others, Google Drive for one, the token decides whose data it is.
constexpr std::array<std::string_view, 8> addressed = {{
    "azureblob",
    "b2",
    "ftp",
    "google cloud storage",
    "s3",
    "sftp",
    "smb",
    "webdav",
}};

bool is_credential(std::string_view type, std::string_view option) {
  const auto holds = [](const auto& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return holds(addressed, type) && holds(credentials, option);
}

sections parse(std::string_view text) {
  sections out;
  section* current = nullptr;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == ';')
      continue;
    if (line.front() == '[' && line.back() == ']') {
      current = &out[std::string{line.substr(1, line.size() - 2)}];
    } else if (const auto equals = line.find('=');
               current != nullptr && equals != std::string_view::npos) {
      (*current)[lower_case(trimmed(line.substr(0, equals)))]
          = trimmed(line.substr(equals + 1));
    }
  }
  return out;
}

/// Options that make rclone run a program, or change what it does beyond its
/// remotes: the pod runs among the operator's, the Secret is a tenant's.
bool is_forbidden(std::string_view option) {
  return option == "ssh" || option.ends_with("_command")
         || option.starts_with("global.") || option.starts_with("override.");
}

std::string_view name_in(std::string_view remote_path) {
  const auto colon = remote_path.find(':');
  return colon == std::string_view::npos ? std::string_view{}
                                         : remote_path.substr(0, colon);
}

/// The remotes that a section wraps: `remote = base:path`, or several.
std::set<std::string> wrapped_by(const section& options) {
  std::set<std::string> names;
  for (const char* option : {"remote", "upstreams"}) {
    const auto found = options.find(option);
    if (found == options.end())
      continue;
    std::string_view rest = found->second;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      auto word = rest.substr(0, end);
      if (const auto equals = word.find('='); equals != std::string_view::npos)
        word.remove_prefix(equals + 1);
      if (const auto name = name_in(word); !name.empty())
        names.emplace(name);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return names;
}

void collect(const sections& all, const std::string& name,
             std::set<std::string>& seen, location& into) {
  const auto found = all.find(name);
  if (found == all.end() || !seen.insert(name).second)
    return;
  // Names are local to one Secret; only their order of wrapping counts.
  const auto depth = fmt::format("{:02}", seen.size());
  const auto type = found->second.find("type");
  const auto kind = type == found->second.end() ? "" : type->second;
  for (const auto& [option, value] : found->second)
    if (!is_credential(kind, option)) {
      auto text = value;
      if (option == "remote")
        if (const auto inner = name_in(value); all.count(inner) != 0)
          text.erase(0, inner.size());
      into.parts[depth + "." + option] = text;
    }
  for (const auto& inner : wrapped_by(found->second))
    collect(all, inner, seen, into);
}

} // namespace

result<rclone_remote> resolve_remote(std::string_view remote_path,
                                     std::string_view configuration) {
  const auto name = std::string{name_in(remote_path)};
  if (name.empty())
    return error{"key RCLONE_REMOTE_PATH: write remote:path with a remote of "
                 "RCLONE_CONFIG"};
  const auto all = parse(configuration);
  if (all.empty())
    return error{"key RCLONE_CONFIG: it must hold rclone's configuration "
                 "itself ([remote] and options), not a path"};
  // Not quoted: a remote can be written with options, passwords among them.
  if (all.count(name) == 0)
    return error{"key RCLONE_CONFIG: it has no section for the remote that "
                 "RCLONE_REMOTE_PATH names"};
  for (const auto& [remote, options] : all)
    for (const auto& [option, value] : options)
      if (is_forbidden(option))
        return error{"key RCLONE_CONFIG: ssh, *_command, global.* and "
                     "override.* are not allowed, because they can run "
                     "programs"};
  auto path
      = parse_path("RCLONE_REMOTE_PATH", remote_path.substr(name.size() + 1));
  if (!path)
    return path.why();
  location configured{"rclone", {}};
  std::set<std::string> seen;
  collect(all, name, seen, configured);
  return rclone_remote{identify(configured).hex, *path};
}

} // namespace holystone::scheduler
