#include "scheduler/kopia_environment.hpp"

#include "test/scheduler/secret_table.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace holystone::test;

namespace {

std::string error_of(const view& v) {
  const auto where = locate(to_secret(v.secret), v.ns, v.volume);
  REQUIRE_FALSE(where);
  return where.why().message;
}

const volume_identity nfs = nfs_volume("nas", "/export");

struct refusal {
  view secret;
  std::string says;
};

const std::vector<refusal> wrong_secrets{
    {{{}}, "key KOPIA_REPOSITORY is missing"},
    {{with(s3, {{"KOPIA_REPOSITORY", "backups"}})}, "KOPIA_REPOSITORY"},
    {{url("swift://a/b")}, "scheme is unknown"},
    {{with(s3, {{"AWS_ACCESS_KEY_ID", ""}})}, "AWS_ACCESS_KEY_ID is missing"},
    {{with(s3, {{"AWS_SECRET_ACCESS_KEY", ""}})},
     "AWS_SECRET_ACCESS_KEY is missing"},
    {{with(endpoint("s3.amazonaws.com"), {{"AWS_SECRET_ACCESS_KEY", ""}})},
     "AWS_SECRET_ACCESS_KEY is missing"},
    {{endpoint("localhost:9000")}, "AWS_S3_ENDPOINT: localhost"},
    {{endpoint("http://127.0.0.1:9000")}, "127.0.0.1"},
    {{endpoint("[::1]:9000")}, "::1"},
    {{endpoint("a.localhost")}, "localhost"},
    {{endpoint("ftp://minio.example")}, "http or https"},
    {{endpoint("https://minio.example/path")}, "host:port only"},
    {{endpoint("https://user@minio.example")}, "host:port only"},
    {{endpoint("minio.example:port")}, "the port is wrong"},
    {{endpoint("minio.example:70000")}, "the port is wrong"},
    {{endpoint("mi nio")}, "no host name"},
    {{endpoint("minio"), ""}, "minio.<namespace>.svc"},
    {{endpoint("other.s3.amazonaws.com")}, "names bucket other"},
    {{with(s3, {{"AWS_S3_DISABLE_TLS", "maybe"}})}, "AWS_S3_DISABLE_TLS"},
    {{with(s3, url("s3://Backups/apps"))}, "names no bucket"},
    {{with(s3, url("s3:///apps"))}, "KOPIA_REPOSITORY"},
    {{with(s3, url("s3://backups/a/../b"))}, "'.' and '..'"},
    {{with(s3, url("s3://backups/./apps"))}, "'.' and '..'"},
    {{with(s3, url("s3://k:s@backups/apps"))}, "credentials are not allowed"},
    {{with(azure, {{"AZURE_STORAGE_ACCOUNT", ""}})}, "AZURE_STORAGE_ACCOUNT"},
    {{with(azure, {{"AZURE_STORAGE_KEY", ""}})}, "AZURE_STORAGE_KEY"},
    {{with(azure, {{"AZURE_CLIENT_ID", "c"}})}, "AZURE_TENANT_ID is missing"},
    {{with(gcs, {{"GOOGLE_APPLICATION_CREDENTIALS", "/path/key.json"}})},
     "GOOGLE_APPLICATION_CREDENTIALS: it must hold"},
    {{with(b2, {{"B2_ACCOUNT_ID", ""}})}, "B2_ACCOUNT_ID is missing"},
    {{with(b2, {{"B2_APPLICATION_KEY", ""}})}, "B2_APPLICATION_KEY is missing"},
    {{with(webdav, {{"WEBDAV_PASSWORD", ""}})}, "WEBDAV_PASSWORD is missing"},
    {{with(webdav, {{"WEBDAV_URL", "https://u:p@dav.example"}})},
     "credentials are not allowed"},
    {{with(webdav, {{"WEBDAV_URL", "dav.example/apps"}})}, "WEBDAV_URL"},
    {{with(sftp, {{"SFTP_PASSWORD", ""}})}, "SFTP_PASSWORD or SFTP_KEY_FILE"},
    {{with(sftp, {{"SFTP_KEY_FILE", "/credentials/key"}})},
     "SFTP_KEY_FILE: it must hold"},
    {{with(sftp, {{"SFTP_KNOWN_HOSTS_DATA", ""}})}, "SFTP_KNOWN_HOSTS_DATA"},
    {{with(sftp, url("sftp://user:pw@sftp.example/apps"))},
     "credentials are not allowed"},
    {{with(azure, url("azure://backups?sv=1&sig=x"))}, "'?' and '#'"},
    {{with(azure, url("azure://u:p@backups"))}, "credentials are not"},
    {{with(azure, {{"KOPIA_AZURE_CONTAINER", "c?sig=x"}})},
     "KOPIA_AZURE_CONTAINER: it names no container"},
    {{with(azure, {{"AZURE_STORAGE_ACCOUNT", "a?sig=x"}})},
     "AZURE_STORAGE_ACCOUNT: it names no account"},
    {{with(azure, {{"AZURE_STORAGE_DOMAIN", "x.example?sig=x"}})},
     "AZURE_STORAGE_DOMAIN"},
    {{with(gcs, url("gcs://backups/apps#x"))}, "'?' and '#'"},
    {{with(gcs, {{"KOPIA_GCS_BUCKET", "b?x"}})}, "names no bucket"},
    {{with(b2, url("b2://id:key@backups"))}, "credentials are not"},
    {{with(b2, {{"KOPIA_B2_BUCKET", "bucket:key"}})}, "names no bucket"},
    {{with(s3, url("s3://backups/apps?token=x"))}, "'?' and '#'"},
    {{with(s3, url("s3://key:Secret/apps"))}, "names no bucket"},
    {{with(webdav, url("webdav://u:p@dav.example/apps"))},
     "credentials are not"},
    {{with(webdav, {{"WEBDAV_URL", "https://dav.example/apps?t=x"}})},
     "WEBDAV_URL: '?' and '#'"},
    {{with(sftp, url("sftp://user@sftp.example/apps?x"))}, "'?' and '#'"},
    {{with(rclone, {{"RCLONE_REMOTE_PATH", ""},
                    {"KOPIA_REPOSITORY", "rclone://u:p@store:x"}})},
     "credentials are not"},
    {{with(rclone, {{"RCLONE_CONFIG", "[store]\ntype = sftp\nssh = /x\n"}})},
     "can run programs"},
    {{with(rclone, {{"RCLONE_CONFIG",
                     "[store]\ntype = webdav\nBearer_Token_Command = x\n"}})},
     "can run programs"},
    {{url("filesystem://u:p@/repository")}, "credentials are not"},
    {{with(gdrive, {{"GOOGLE_DRIVE_FOLDER_ID", "id?key=x"}})},
     "GOOGLE_DRIVE_FOLDER_ID"},
    {{with(sftp, url("sftp://sftp.example/apps"))}, "SFTP_USERNAME is missing"},
    {{with(sftp, url("sftp://user@sftp.example"))}, "SFTP_PATH is missing"},
    {{with(sftp, {{"SFTP_PORT", "zero"}})}, "the port is wrong"},
    {{with(rclone, {{"RCLONE_CONFIG", ""}})}, "RCLONE_CONFIG is missing"},
    {{with(rclone, {{"RCLONE_CONFIG", "/etc/rclone.conf"}})},
     "RCLONE_CONFIG: it must hold"},
    {{with(rclone, {{"RCLONE_CONFIG", "[other]\ntype = s3\n"}})},
     "no section for the remote"},
    {{with(rclone, {{"RCLONE_REMOTE_PATH", "backups"}})}, "remote:path"},
    {{with(gdrive, {{"GOOGLE_DRIVE_CREDENTIALS", ""}})},
     "GOOGLE_DRIVE_CREDENTIALS is missing"},
    {{url("filesystem://repository")}, "three slashes"},
    {{url("filesystem:///a/../b")}, "'.' and '..'"},
    {{url("filesystem:///elsewhere"), "app", nfs}, "not below /repository"},
    {{url("filesystem:///repository2"), "app", nfs}, "not below /repository"},
};

} // namespace

TEST_CASE("a wrong or half-filled Secret names the key") {
  for (const auto& wrong : wrong_secrets) {
    const auto why = error_of(wrong.secret);
    INFO(why);
    CHECK(why.find(wrong.says) != std::string::npos);
  }
}

TEST_CASE("a credential in the wrong place is not quoted in the error") {
  for (const auto& secret :
       {endpoint("user:the-secret@minio.example"),
        endpoint("the-secret@minio.example"),
        endpoint("https://user:the-secret@minio.example"),
        with(s3, url("s3://user:the-secret@backups/apps")),
        with(sftp, url("sftp://user:the-secret@sftp.example/apps")),
        with(sftp, {{"SFTP_PORT", "the-secret"}}),
        with(webdav, {{"WEBDAV_URL", "https://u:the-secret@dav.example"}}),
        with(webdav, {{"WEBDAV_URL", "u:the-secret@dav.example"}}),
        with(azure, url("azure://backups?sig=the-secret")),
        with(azure, {{"KOPIA_AZURE_CONTAINER", "c?sig=the-secret"}}),
        with(b2, url("b2://the-secret:the-secret@backups")),
        with(s3, url("s3://id:the-secret+/apps")), url("the-secret://backups"),
        with(rclone, {{"RCLONE_REMOTE_PATH", "store,pass=the-secret:x"}}),
        with(rclone, {{"RCLONE_REMOTE_PATH", ":sftp,pass=the-secret:x"}}),
        with(gcs, {{"GOOGLE_APPLICATION_CREDENTIALS", "the-secret"}})})
    CHECK(error_of({secret}).find("the-secret") == std::string::npos);
}
