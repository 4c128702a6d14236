#pragma once

// One function per Kopia backend: from the keys of a Secret to a location and
// to the options that kopia is given. Internal to scheduler/; only
// kopia_environment.cpp calls it, which chooses the backend. Location and
// options come from one pass, so that they cannot disagree.

#include "scheduler/kopia_environment.hpp"
#include "scheduler/kopia_url.hpp"

namespace holystone::scheduler {

/// The Secret together with what else decides about a location.
class backend_input {
public:
  backend_input(const secret_data& secret, std::string_view ns,
                const std::optional<volume_identity>& volume,
                std::string_view files_directory);

  /// The value of the first of these keys that is not blank, without white
  /// space around it.
  std::string_view text(std::initializer_list<std::string_view> keys) const;

  /// The bytes of the first of these keys that is there, exactly as they are.
  std::string_view secret(std::initializer_list<std::string_view> keys) const;

  /// Reads a truth value; an error names the key.
  result<bool> flag(std::initializer_list<std::string_view> keys) const;

  /// KOPIA_REPOSITORY taken apart, if it is a URL.
  const std::optional<kopia_url>& url() const {
    return url_;
  }

  /// KOPIA_REPOSITORY if its scheme is `scheme`.
  const kopia_url* url_of(std::string_view scheme) const;

  /// The claim's namespace.
  std::string_view ns() const {
    return ns_;
  }

  /// What a filesystem repository sits on, if that is known.
  const std::optional<volume_identity>& volume() const {
    return volume_;
  }

  /// The path that a credential file will have.
  std::string file(std::string_view name) const;

private:
  const secret_data& secret_;
  std::string_view ns_;
  const std::optional<volume_identity>& volume_;
  std::string_view files_directory_;
  std::optional<kopia_url> url_;
};

/// What a backend makes of a Secret.
struct backend_choice {
  location where;
  /// Kopia's name of the storage type and its options as JSON.
  std::string storage_type;
  secret_bytes options;
  std::map<std::string, secret_bytes> files;
};

/// Says which key to add, naming all spellings that would do.
error missing_key(std::string_view keys, std::string_view what);

/// Is it an error that `missing_key` made, perhaps with words before it?
bool says_missing_key(const error& why);

/// Each reads one backend's keys: where the repository is, and how kopia gets
/// there. An error names the key.
result<backend_choice> use_s3(const backend_input& input);
result<backend_choice> use_azure(const backend_input& input);
result<backend_choice> use_gcs(const backend_input& input);
result<backend_choice> use_b2(const backend_input& input);
result<backend_choice> use_filesystem(const backend_input& input);
result<backend_choice> use_webdav(const backend_input& input);
result<backend_choice> use_sftp(const backend_input& input);
result<backend_choice> use_rclone(const backend_input& input);
result<backend_choice> use_gdrive(const backend_input& input);

} // namespace holystone::scheduler
