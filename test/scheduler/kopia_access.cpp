#include "scheduler/kopia_environment.hpp"

#include "test/scheduler/secret_table.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::scheduler;
using namespace holystone::test;

namespace {

/// What kopia would read from the token.
std::string decoded(const secret_bytes& token) {
  constexpr std::string_view digits
      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned value = 0;
  int bits = 0;
  for (const char c : token.reveal()) {
    const auto digit = digits.find(c);
    REQUIRE(digit != std::string_view::npos);
    value = ((value << 6) | static_cast<unsigned>(digit)) & 0xffff;
    bits += 6;
    if (bits >= 8)
      out += static_cast<char>((value >> (bits -= 8)) & 0xff);
  }
  return out;
}

std::string token_of(const view& v) {
  const auto access
      = access_repository(to_secret(v.secret), v.ns, v.volume, "/config");
  REQUIRE(access);
  CHECK(access->where == *locate(to_secret(v.secret), v.ns, v.volume));
  CHECK(access->environment.at("KOPIA_PASSWORD").reveal()
        == "repository password");
  return decoded(access->token);
}

} // namespace

TEST_CASE("kopia is told the normalised location (A-20)") {
  CHECK(token_of({with(s3, {{"KOPIA_REPOSITORY", "s3://backups//apps"},
                            {"AWS_S3_ENDPOINT", "HTTP://Minio:9000"},
                            {"AWS_REGION", "here"}})})
        == R"({"version":"1","storage":{"type":"s3","config":)"
           R"({"bucket":"backups","prefix":"apps/",)"
           R"("endpoint":"minio.app.svc:9000","doNotUseTLS":true,)"
           R"("region":"here","accessKeyID":"the-access-key",)"
           R"("secretAccessKey":"the-secret-key"}}})");
  CHECK(token_of({endpoint("https://backups.s3.eu-west-1.amazonaws.com:443")})
            .find(R"("endpoint":"s3.eu-west-1.amazonaws.com")")
        != std::string::npos);
  CHECK(token_of({url("filesystem:///mnt//backups/")})
        == R"({"version":"1","storage":{"type":"filesystem","config":)"
           R"({"path":"/mnt/backups"}}})");
  CHECK(token_of({with(webdav, url("webdav://DAV.example//apps/"))})
            .find(R"("url":"https://dav.example/apps")")
        != std::string::npos);
}

TEST_CASE("every backend's token holds what kopia needs to log in") {
  const std::map<std::string, std::vector<std::string>> needs{
      {"s3", {R"("type":"s3")", "the-access-key", "the-secret-key"}},
      {"azure",
       {R"("type":"azureBlob")", "the-storage-key",
        R"("storageDomain":"blob.core.windows.net")"}},
      {"gcs", {R"("type":"gcs")", R"("credentialsFile":"/config/gcs.json")"}},
      {"filesystem", {R"("path":"/repository/apps")"}},
      {"b2", {R"("type":"b2")", "the-key-id", "the-application-key"}},
      {"webdav", {R"("type":"webdav")", "the-dav-password"}},
      {"sftp", {R"("port":22)", "the-sftp-password", "ssh-rsa AAAA"}},
      {"rclone", {R"("atomicWrites":true)", "the-rclone-key"}},
      {"gdrive", {R"("credentialsFile":"/config/gdrive.json")"}}};
  for (const auto& [backend, secret] : every_backend) {
    const auto token = token_of({secret});
    for (const auto& part : needs.at(backend)) {
      INFO(backend << ": " << part);
      CHECK(token.find(part) != std::string::npos);
    }
  }
  const auto access
      = access_repository(to_secret(gcs), "app", std::nullopt, "/config");
  CHECK(access->files.at("gcs.json").reveal().find("the-gcs-key")
        != std::string_view::npos);
}

TEST_CASE("a completed SFTP host keeps its known key") {
  const auto token
      = token_of({with(sftp, {{"KOPIA_REPOSITORY", "sftp://user@box/apps"},
                              {"SFTP_KNOWN_HOSTS_DATA",
                               "box ssh-rsa AAAA\nother ssh-rsa BBBB"}})});
  CHECK(token.find("box,box.app.svc ssh-rsa AAAA") != std::string::npos);
  CHECK(token.find("\\u000aother ssh-rsa BBBB") != std::string::npos);
}
