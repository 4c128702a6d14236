#include "scheduler/kopia_environment.hpp"

#include "test/scheduler/secret_table.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace holystone::test;

namespace {

std::string json_of(const view& v) {
  const auto where = locate(to_secret(v.secret), v.ns, v.volume);
  INFO((where ? std::string{} : where.why().message));
  REQUIRE(where);
  return canonical_json(*where);
}

volume_identity mounted(volume_identity volume, std::string at) {
  volume.mount_path = std::move(at);
  return volume;
}

const volume_identity nfs = nfs_volume("nas", "/export");

/// Each row is one repository, written in several ways.
const std::vector<std::vector<view>> same_location{
    {{s3},
     {endpoint("https://MINIO.example:9000")},
     {endpoint("https://minio.example.:9000/")},
     {endpoint("minio.example:9000\n")},
     {with(s3, {{"AWS_S3_ENDPOINT", ""},
                {"KOPIA_S3_ENDPOINT", "minio.example:9000"}})},
     {with(s3, {{"AWS_ACCESS_KEY_ID", "another"},
                {"AWS_SECRET_ACCESS_KEY", "pair"},
                {"KOPIA_PASSWORD", "rotated"}})},
     {with(s3, url("s3://backups//apps/"))},
     {with(s3, url("s3://backups/apps//"))},
     {with(s3, {{"KOPIA_S3_BUCKET", "backups"}})},
     {with(s3, {{"AWS_REGION", "us-west-2"}})},
     {s3, "another-namespace"}},
    {{endpoint("https://minio.example")},
     {endpoint("https://minio.example:443")},
     {endpoint("minio.example")}},
    {{endpoint("http://minio.example")},
     {endpoint("http://minio.example:80")},
     {with(endpoint("minio.example"), {{"AWS_S3_DISABLE_TLS", "true"}})},
     {with(endpoint("minio.example"), {{"KOPIA_S3_DISABLE_TLS", "1"}})}},
    {{endpoint("minio:9000"), "store"},
     {endpoint("minio.store.svc:9000"), "app"},
     {endpoint("minio.store.svc.cluster.local:9000"), "app"}},
    {{endpoint("[2001:db8::1]:9000")},
     {endpoint("[2001:0DB8:0:0::0001]:9000")}},
    // Amazon: partition and bucket, whatever the name of the endpoint.
    {{endpoint("s3.amazonaws.com")},
     {with(s3, {{"AWS_S3_ENDPOINT", ""}})},
     {endpoint("s3.eu-central-1.amazonaws.com")},
     {endpoint("s3-eu-west-1.amazonaws.com")},
     {endpoint("s3.dualstack.eu-central-1.amazonaws.com")},
     {endpoint("s3-fips.us-east-1.amazonaws.com")},
     {endpoint("s3-fips.dualstack.us-east-1.amazonaws.com")},
     {endpoint("backups.s3.amazonaws.com")},
     {endpoint("backups.s3.eu-central-1.amazonaws.com")},
     {endpoint("bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com")},
     {endpoint("http://s3.amazonaws.com")}},
    {{endpoint("s3.cn-north-1.amazonaws.com.cn")},
     {with(endpoint("s3.amazonaws.com"), {{"AWS_REGION", "cn-north-1"}})}},
    {{gcs},
     {endpoint("https://storage.googleapis.com")},
     {with(gcs, url("gs://backups/apps/"))}},
    {{b2},
     {endpoint("https://s3.us-west-004.backblazeb2.com")},
     {with(b2, url("b2://Backups/apps"))},
     {with(b2, {{"B2_ACCOUNT_ID", "another"}})}},
    {{azure},
     {with(azure, {{"AZURE_STORAGE_KEY", ""},
                   {"AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=2"}})},
     {with(azure,
           {{"AZURE_STORAGE_ACCOUNT", ""}, {"AZURE_ACCOUNT_NAME", "Account"}})},
     {with(azure, {{"AZURE_ENDPOINT_SUFFIX", "core.windows.net"}})},
     {with(azure, {{"AZURE_STORAGE_DOMAIN", "blob.core.windows.net"}})}},
    // The fork used a container of its own key without the URL's prefix.
    {{with(azure, {{"KOPIA_AZURE_CONTAINER", "backups"}})},
     {with(azure, url("azure://backups"))}},
    {{webdav},
     {with(webdav, url("webdav://dav.example:443//apps/"))},
     {with(webdav, {{"WEBDAV_URL", "https://DAV.example/apps"}})},
     {with(webdav, {{"WEBDAV_PASSWORD", "rotated"}})}},
    {{sftp},
     {with(sftp, url("sftp://user@SFTP.example:22/apps/"))},
     {with(sftp, {{"KOPIA_REPOSITORY", ""},
                  {"SFTP_HOST", "sftp.example"},
                  {"SFTP_USERNAME", "user"},
                  {"SFTP_PATH", "/apps"}})},
     {with(sftp, {{"SFTP_PASSWORD", ""},
                  {"SFTP_KEY_FILE", "-----BEGIN OPENSSH PRIVATE KEY-----"}})}},
    {{rclone},
     {with(rclone, url("rclone://store:backups/apps"))},
     {with(rclone,
           {{"RCLONE_REMOTE_PATH", "other:backups//apps/"},
            {"RCLONE_CONFIG",
             "# moved\n[other]\nendpoint=s3.example\ntype=s3\n"
             "secret_access_key = rotated\n[unused]\ntype = local\n"}})}},
    {{gdrive},
     {with(gdrive, {{"GOOGLE_DRIVE_CREDENTIALS", "{\"rotated\":1}"}})}},
    // A volume: server and share, whoever mounts it where.
    {{filesystem, "app", nfs},
     {filesystem, "other", nfs},
     {url("filesystem:///mnt/backups/apps/"), "app",
      mounted(nfs, "/mnt/backups")},
     {url("filesystem:///mnt/x"), "app",
      mounted(nfs_volume("NAS.", "//export/apps/"), "/mnt/x")},
     {filesystem, "app",
      csi_volume("nfs.csi.k8s.io", "h",
                 {{"server", "nas"}, {"share", "/export"}})},
     {url("filesystem:///repository"), "app",
      csi_volume(
          "nfs.csi.k8s.io", "h2",
          {{"server", "nas"}, {"share", "/"}, {"subdir", "export/apps"}})},
     // No URL at all: our own repository volume (S4).
     {{}, "app", nfs_volume("nas", "/export/apps")}},
    {{filesystem, "app", *smb_volume("//nas/Share/dir")},
     {filesystem, "app", *smb_volume("\\\\NAS\\share\\dir")},
     {filesystem, "app",
      csi_volume("smb.csi.k8s.io", "h",
                 {{"source", "//nas/share"}, {"subdir", "dir"}})}},
    {{filesystem, "app", csi_volume("ebs.csi.aws.com", "vol-1", {})},
     {filesystem, "other",
      csi_volume("ebs.csi.aws.com", "vol-1", {{"iops", "3000"}})}},
};

/// All of these differ from each other and from every row above.
const std::vector<view> other_locations{
    {with(s3, url("s3://backups/app"))},
    {with(s3, url("s3://backups/Apps"))},
    {with(s3, url("s3://backups"))},
    {with(s3, url("s3://backups2/apps"))},
    {endpoint("minio2.example:9000")},
    {endpoint("minio.example:9001")},
    {endpoint("minio:9000"), "app"},
    {endpoint("minio:9000"), "other"},
    {endpoint("s3.us-gov-west-1.amazonaws.com")},
    {endpoint("s3.amazonaws.com.evil.example")},
    {endpoint("nots3.eu-central-1.amazonaws.com")},
    {with(gcs, url("gcs://backups/other"))},
    {with(gcs, {{"KOPIA_GCS_BUCKET", "backups"}})},
    {with(b2, url("b2://backups/other"))},
    {with(azure, {{"AZURE_STORAGE_ACCOUNT", "another"}})},
    {with(azure, {{"AZURE_ENDPOINT_SUFFIX", "core.chinacloudapi.cn"}})},
    {with(azure, url("azure://backups/other"))},
    {with(webdav, {{"WEBDAV_USERNAME", "another"}})},
    {with(webdav, {{"WEBDAV_URL", "http://dav.example/apps"}})},
    {with(webdav, url("webdav://dav.example/Apps"))},
    {with(sftp, url("sftp://another@sftp.example/apps"))},
    {with(sftp, url("sftp://user@sftp.example:2222/apps"))},
    {with(sftp, {{"SFTP_PATH", "apps"}})},
    {with(rclone, {{"RCLONE_REMOTE_PATH", "store:other"}})},
    {with(rclone, {{"RCLONE_REMOTE_PATH", "store:/backups/apps"}})},
    {with(rclone, {{"RCLONE_CONFIG", "[store]\ntype = s3\nendpoint = b\n"}})},
    // Of a service that is not known here, everything counts.
    {with(rclone, {{"RCLONE_CONFIG", "[store]\ntype = new\nkey = one\n"}})},
    {with(rclone, {{"RCLONE_CONFIG", "[store]\ntype = new\nkey = two\n"}})},
    // Whose Google Drive it is, says only the token.
    {with(rclone, {{"RCLONE_CONFIG", "[store]\ntype = drive\ntoken = one\n"}})},
    {with(rclone, {{"RCLONE_CONFIG", "[store]\ntype = drive\ntoken = two\n"}})},
    // The key of a crypt remote decides which names are there.
    {with(rclone, {{"RCLONE_CONFIG",
                    "[store]\ntype = crypt\nremote = base:x\npassword = a\n"
                    "[base]\ntype = s3\n"}})},
    {with(rclone, {{"RCLONE_CONFIG",
                    "[store]\ntype = crypt\nremote = base:x\npassword = b\n"
                    "[base]\ntype = s3\n"}})},
    {with(rclone, {{"RCLONE_CONFIG",
                    "[store]\ntype = crypt\nremote = base:x\npassword = a\n"
                    "[base]\ntype = s3\nendpoint = elsewhere\n"}})},
    {with(gdrive, {{"GOOGLE_DRIVE_FOLDER_ID", "another"}})},
    {filesystem, "app"},
    {filesystem, "other"},
    {url("filesystem:///repository/other"), "app"},
    {url("filesystem:///repository/other"), "app", nfs},
    {filesystem, "app", nfs_volume("nas2", "/export")},
    {filesystem, "app", cephfs_volume("nas", "/export")},
    {filesystem, "app", *smb_volume("//nas/share/Dir")},
    {filesystem, "app", csi_volume("ebs.csi.aws.com", "vol-2", {})},
    {filesystem, "app", csi_volume("pd.csi.storage.gke.io", "vol-1", {})},
    {filesystem, "app", pv_volume("uid-1")},
    {filesystem, "app", pv_volume("uid-2")},
    {filesystem, "app", host_path_volume("node-1", "/data")},
    {filesystem, "app", host_path_volume("node-2", "/data")},
};

} // namespace

TEST_CASE("A-20: spellings of one location give one canonical JSON") {
  for (const auto& row : same_location) {
    const auto expected = json_of(row.front());
    for (const auto& spelling : row)
      CHECK(json_of(spelling) == expected);
  }
}

TEST_CASE("A-19: different locations are never merged") {
  std::map<std::string, int> seen;
  for (const auto& row : same_location)
    ++seen[json_of(row.front())];
  for (const auto& other : other_locations)
    ++seen[json_of(other)];
  for (const auto& [json, times] : seen) {
    INFO(json);
    CHECK(times == 1);
  }
  CHECK(seen.size() == same_location.size() + other_locations.size());
}

TEST_CASE("every backend needs the repository's password") {
  for (const auto& [backend, secret] : every_backend) {
    auto data = to_secret(secret);
    data.erase("KOPIA_PASSWORD");
    const auto where = locate(data, "app", std::nullopt);
    INFO(backend);
    REQUIRE_FALSE(where);
    CHECK(where.why().message.find("KOPIA_PASSWORD") != std::string::npos);
  }
}

TEST_CASE("the backend keys win over the URL in the fork's order") {
  CHECK(json_of({with(s3, {{"KOPIA_S3_BUCKET", "other"}})})
            .find("\"bucket\":\"other\"")
        != std::string::npos);
  CHECK(json_of({with(with(s3, filesystem), {{"KOPIA_S3_BUCKET", "other"}})})
            .find("\"backend\":\"s3\"")
        != std::string::npos);
  CHECK(json_of({with(with(azure, filesystem), b2)}).find("\"backend\":\"b2\"")
        != std::string::npos);
}

TEST_CASE("only keys that a backend knows are copied") {
  for (const char* key :
       {"BASH_ENV", "LD_PRELOAD", "RCLONE_EXE", "PATH", "KOPIA_CONFIG_PATH",
        "aws_access_key", "", "KOPIA_REPOSITORY "})
    CHECK_FALSE(is_repository_key(key));
  for (const auto& [backend, secret] : every_backend)
    for (const auto& [key, value] : secret) {
      INFO(key);
      CHECK(is_repository_key(key));
    }
}

TEST_CASE("no credential is in a location, an error or a description") {
  for (const auto& [backend, secret] : every_backend) {
    const auto where = locate(to_secret(secret), "app", std::nullopt);
    REQUIRE(where);
    CHECK(where->backend == backend);
    const auto text
        = canonical_json(*where) + describe(*where) + endpoint_of(*where);
    INFO(text);
    CHECK(text.find("the-") == std::string::npos);
    CHECK(text.find("password") == std::string::npos);
    CHECK_FALSE(endpoint_of(*where).empty());
  }
}

TEST_CASE("a volume survives its text form") {
  for (const auto& volume :
       {nfs_volume("nas", "/a b&c=d?e%f+g"), pv_volume("uid"),
        host_path_volume("node", "/"), csi_volume("d", "h#1", {}),
        mounted(cephfs_volume("a:6789,b:6789", "/x"), "/mnt/y")}) {
    const auto again = parse_volume(to_text(volume));
    REQUIRE(again);
    CHECK(*again == volume);
  }
  for (const char* wrong : {"", "nfs", "nfs?server=nas", "disk?uid=1", "pv?uid",
                            "smb?source=nas"}) {
    INFO(wrong);
    CHECK_FALSE(parse_volume(wrong));
  }
}
