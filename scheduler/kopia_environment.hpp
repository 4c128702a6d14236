#pragma once

// From a repository Secret to what kopia needs: which backend it names, where
// the data lies (the identity) and how to connect. Operator, mover and
// `holystone hash` share it, so that the mover works on exactly the location
// that the operator hashed and locked. Pure: it reads no file, no
// environment and no clock; what it returns holds secrets only as
// `secret_bytes`.

#include "scheduler/repository_identity.hpp"
#include "scheduler/result.hpp"
#include "scheduler/secret_bytes.hpp"
#include "scheduler/volume_identity.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holystone::scheduler {

/// The data of a repository Secret, key by key.
using secret_data = std::map<std::string, secret_bytes, std::less<>>;

/// Does a Kopia backend know this key? Only such keys are copied (never
/// BASH_ENV or whatever else a tenant's Secret holds).
bool is_repository_key(std::string_view key);

/// Finds the location; an error names the key that is wrong or missing.
result<location> locate(const secret_data& secret,
                        std::string_view claim_namespace,
                        const std::optional<volume_identity>& volume);

/// What a kopia process is given. Nothing of it goes on a command line: the
/// token goes to the standard input of
/// `kopia repository connect from-config --token-stdin`.
struct repository_access {
  location where;
  /// Kopia's own connection token: backend, options and credentials.
  secret_bytes token;
  /// For the child's environment only, e.g. KOPIA_PASSWORD.
  std::map<std::string, secret_bytes> environment;
  /// File name -> content, to be written with mode 0600 before connecting.
  std::map<std::string, secret_bytes> files;
};

/// Everything needed to connect; `files_directory` is where the caller will
/// put `files`.
result<repository_access>
access_repository(const secret_data& secret, std::string_view claim_namespace,
                  const std::optional<volume_identity>& volume,
                  std::string_view files_directory);

} // namespace holystone::scheduler
