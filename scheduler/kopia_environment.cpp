#include "scheduler/kopia_environment.hpp"

#include "scheduler/json_text.hpp"
#include "scheduler/kopia_backends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holystone::scheduler {

namespace {

/// Every key that a backend below reads, sorted.
constexpr std::array<std::string_view, 54> repository_keys = {{
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_S3_DISABLE_TLS",
    "AWS_S3_ENDPOINT",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_ACCOUNT_KEY",
    "AZURE_ACCOUNT_NAME",
    "AZURE_ACCOUNT_SAS",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_ENDPOINT_SUFFIX",
    "AZURE_STORAGE_ACCOUNT",
    "AZURE_STORAGE_DOMAIN",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_TENANT_ID",
    "B2_ACCOUNT_ID",
    "B2_APPLICATION_KEY",
    "B2_KEY",
    "B2_KEY_ID",
    "GCS_BUCKET",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_DRIVE_CREDENTIALS",
    "GOOGLE_DRIVE_FOLDER_ID",
    "GOOGLE_PROJECT_ID",
    "KOPIA_AZURE_CONTAINER",
    "KOPIA_AZURE_STORAGE_ACCOUNT",
    "KOPIA_AZURE_STORAGE_KEY",
    "KOPIA_B2_BUCKET",
    "KOPIA_GCS_BUCKET",
    "KOPIA_PASSWORD",
    "KOPIA_REPOSITORY",
    "KOPIA_S3_BUCKET",
    "KOPIA_S3_DISABLE_TLS",
    "KOPIA_S3_ENDPOINT",
    "KOPIA_S3_REGION",
    "KOPIA_WEBDAV_PASSWORD",
    "KOPIA_WEBDAV_USERNAME",
    "RCLONE_CONFIG",
    "RCLONE_REMOTE_PATH",
    "SFTP_HOST",
    "SFTP_KEY_DATA",
    "SFTP_KEY_FILE",
    "SFTP_KNOWN_HOSTS",
    "SFTP_KNOWN_HOSTS_DATA",
    "SFTP_PASSWORD",
    "SFTP_PATH",
    "SFTP_PORT",
    "SFTP_USERNAME",
    "WEBDAV_PASSWORD",
    "WEBDAV_URL",
    "WEBDAV_USERNAME",
}};

using backend_function = result<backend_choice> (*)(const backend_input&);

struct backend_rule {
  backend_function use;
  /// Keys that choose it, any of them.
  std::initializer_list<std::string_view> keys;
  std::string_view scheme;
};

/// The fork's order first, key or the two schemes that it reads, so that a
/// Secret that works there means the same place here; then the schemes that
/// its documentation promises (C-40).
backend_function choose(const backend_input& input) {
  static const std::array<backend_rule, 16> rules = {{
      {use_s3, {"KOPIA_S3_BUCKET"}, "s3"},
      {use_azure, {"KOPIA_AZURE_CONTAINER"}, {}},
      {use_gcs, {"KOPIA_GCS_BUCKET"}, {}},
      {use_filesystem, {}, "filesystem"},
      {use_b2, {"KOPIA_B2_BUCKET"}, {}},
      {use_webdav, {"WEBDAV_URL"}, {}},
      {use_sftp, {"SFTP_HOST"}, {}},
      {use_rclone, {"RCLONE_REMOTE_PATH"}, {}},
      {use_gdrive, {"GOOGLE_DRIVE_FOLDER_ID"}, {}},
      {use_azure, {}, "azure"},
      {use_gcs, {}, "gcs"},
      {use_b2, {}, "b2"},
      {use_webdav, {}, "webdav"},
      {use_sftp, {}, "sftp"},
      {use_rclone, {}, "rclone"},
      {use_gcs, {"GCS_BUCKET"}, "gs"},
  }};
  for (const auto& rule : rules)
    if (!input.text(rule.keys).empty()
        || (!rule.scheme.empty() && input.url_of(rule.scheme) != nullptr))
      return rule.use;
  return nullptr;
}

error no_backend(const backend_input& input) {
  const auto text = input.text({"KOPIA_REPOSITORY"});
  if (text.empty())
    return missing_key("KOPIA_REPOSITORY", "the repository's URL");
  if (input.url())
    return {"key KOPIA_REPOSITORY: its scheme is unknown; use s3, gcs, azure, "
            "b2, sftp, webdav, rclone or filesystem"};
  return {"key KOPIA_REPOSITORY: it is not a URL such as s3://bucket/prefix or "
          "filesystem:///repository, and no other key names a backend"};
}

result<backend_choice> resolve(const secret_data& secret, std::string_view ns,
                               const std::optional<volume_identity>& volume,
                               std::string_view files_directory) {
  const backend_input input{secret, ns, volume, files_directory};
  if (input.url())
    if (const auto objection = objection_to("KOPIA_REPOSITORY", *input.url()))
      return *objection;
  auto use = choose(input);
  // Our own repository volume needs no URL (S4's repositoryPVC).
  if (use == nullptr && volume && input.text({"KOPIA_REPOSITORY"}).empty())
    use = use_filesystem;
  if (use == nullptr)
    return no_backend(input);
  if (input.secret({"KOPIA_PASSWORD"}).empty())
    return missing_key("KOPIA_PASSWORD", "the repository's password");
  return use(input);
}

/// Base64 for URLs without padding, as kopia decodes its tokens.
std::string base64_url(std::string_view bytes) {
  constexpr std::string_view digits
      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned value = 0;
  int bits = 0;
  for (const unsigned char byte : bytes) {
    value = ((value << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 6; bits -= 6)
      out += digits[(value >> (bits - 6)) & 0x3f];
  }
  if (bits > 0)
    out += digits[(value << (6 - bits)) & 0x3f];
  return out;
}

secret_bytes make_token(const backend_choice& choice) {
  json_object storage;
  storage.text("type", choice.storage_type)
      .raw("config", choice.options.reveal());
  json_object token;
  token.text("version", "1").raw("storage", storage.str());
  return secret_bytes{base64_url(token.str())};
}

} // namespace

bool is_repository_key(std::string_view key) {
  return std::find(repository_keys.begin(), repository_keys.end(), key)
         != repository_keys.end();
}

result<location> locate(const secret_data& secret,
                        std::string_view claim_namespace,
                        const std::optional<volume_identity>& volume) {
  auto choice = resolve(secret, claim_namespace, volume, {});
  if (!choice)
    return choice.why();
  return std::move(choice->where);
}

result<repository_access>
access_repository(const secret_data& secret, std::string_view claim_namespace,
                  const std::optional<volume_identity>& volume,
                  std::string_view files_directory) {
  auto choice = resolve(secret, claim_namespace, volume, files_directory);
  if (!choice)
    return choice.why();
  repository_access access;
  access.token = make_token(*choice);
  access.where = std::move(choice->where);
  access.files = std::move(choice->files);
  access.environment["KOPIA_PASSWORD"] = secret.find("KOPIA_PASSWORD")->second;
  return access;
}

} // namespace holystone::scheduler
