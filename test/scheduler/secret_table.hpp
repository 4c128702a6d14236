#pragma once

// Secrets as tests write them, one working one for each backend. Not for the
// mover's tests: none of these places exists.

#include "scheduler/kopia_environment.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holystone::test {

using keys = std::map<std::string, std::string>;

/// The Secret with these keys, and a password unless `data` has one.
inline scheduler::secret_data to_secret(const keys& data) {
  scheduler::secret_data out;
  out["KOPIA_PASSWORD"] = secret_bytes{"repository password"};
  for (const auto& [key, value] : data)
    out[key] = secret_bytes{value};
  return out;
}

/// These keys with others put over them; an empty value removes a key.
inline keys with(keys base, const keys& changes) {
  for (const auto& [key, value] : changes)
    if (value.empty())
      base.erase(key);
    else
      base[key] = value;
  return base;
}

inline const keys s3{{"KOPIA_REPOSITORY", "s3://backups/apps"},
                     {"AWS_S3_ENDPOINT", "https://minio.example:9000"},
                     {"AWS_ACCESS_KEY_ID", "the-access-key"},
                     {"AWS_SECRET_ACCESS_KEY", "the-secret-key"}};
inline const keys azure{{"KOPIA_REPOSITORY", "azure://backups/apps"},
                        {"AZURE_STORAGE_ACCOUNT", "account"},
                        {"AZURE_STORAGE_KEY", "the-storage-key"}};
inline const keys gcs{
    {"KOPIA_REPOSITORY", "gcs://backups/apps"},
    {"GOOGLE_APPLICATION_CREDENTIALS", "{\"private_key\":\"the-gcs-key\"}"}};
inline const keys b2{{"KOPIA_REPOSITORY", "b2://backups/apps"},
                     {"B2_ACCOUNT_ID", "the-key-id"},
                     {"B2_APPLICATION_KEY", "the-application-key"}};
inline const keys filesystem{
    {"KOPIA_REPOSITORY", "filesystem:///repository/apps"}};
inline const keys webdav{{"KOPIA_REPOSITORY", "webdav://dav.example/apps"},
                         {"WEBDAV_USERNAME", "user"},
                         {"WEBDAV_PASSWORD", "the-dav-password"}};
inline const keys sftp{{"KOPIA_REPOSITORY", "sftp://user@sftp.example/apps"},
                       {"SFTP_PASSWORD", "the-sftp-password"},
                       {"SFTP_KNOWN_HOSTS_DATA", "sftp.example ssh-rsa AAAA"}};
inline const keys rclone{{"RCLONE_REMOTE_PATH", "store:backups/apps"},
                         {"RCLONE_CONFIG",
                          "[store]\ntype = s3\nendpoint = s3.example\n"
                          "secret_access_key = the-rclone-key\n"}};
inline const keys gdrive{
    {"GOOGLE_DRIVE_FOLDER_ID", "folder"},
    {"GOOGLE_DRIVE_CREDENTIALS", "{\"private_key\":\"the-drive-key\"}"}};

inline const std::vector<std::pair<std::string, keys>> every_backend{
    {"s3", s3},        {"azure", azure},
    {"gcs", gcs},      {"filesystem", filesystem},
    {"b2", b2},        {"webdav", webdav},
    {"sftp", sftp},    {"rclone", rclone},
    {"gdrive", gdrive}};

/// A claim's view: what the Secret holds and where the claim lives.
struct view {
  keys secret;
  std::string ns = "app";
  std::optional<scheduler::volume_identity> volume = std::nullopt;
};

inline keys endpoint(const std::string& text) {
  return with(s3, {{"AWS_S3_ENDPOINT", text}});
}

inline keys url(const std::string& text) {
  return {{"KOPIA_REPOSITORY", text}};
}

} // namespace holystone::test
