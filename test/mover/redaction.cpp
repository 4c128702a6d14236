#include "mover/redaction.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using mover::redacted_stream;
using mover::redaction;

namespace {

scheduler::secret_data secret_of(const std::string& key,
                                 const std::string& value) {
  scheduler::secret_data out;
  out[key] = secret_bytes{value};
  return out;
}

struct row {
  std::string key;
  std::string value;
  std::string said;
  std::string shown;
};

const std::string pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\nBgkqhk==\n"
                        "-----END PRIVATE KEY-----\n";

const std::vector<row> rows{
    {"KOPIA_PASSWORD", "hunter22", "no hunter22!", "no ***!"},
    {"KOPIA_PASSWORD", "hunter22\n", "no hunter22!", "no ***!"},
    {"KOPIA_PASSWORD", " hunter22\r\n", "hunter22 hunter22", "*** ***"},
    {"KOPIA_PASSWORD", "pass\"word", R"(bad "pass\"word")", R"(bad "***")"},
    {"KOPIA_PASSWORD", R"(pass\word)", R"(bad "pass\\word")", R"(bad "***")"},
    {"KOPIA_PASSWORD", R"(pass\"word)", R"("pass\\\"word")", R"("***")"},
    {"KOPIA_PASSWORD", "a&b<cdef", R"("a\u0026b\u003ccdef")", R"("***")"},
    {"KOPIA_PASSWORD", "tab\tbed!", R"("tab\tbed!")", R"("***")"},
    {"KOPIA_PASSWORD", "p\xc3\xa4sswort", R"("p\xc3\xa4sswort")", R"("***")"},
    {"AWS_SECRET_ACCESS_KEY", "ab/cd+ef==", "?key=ab%2Fcd%2Bef%3D%3D&x",
     "?key=***&x"},
    {"AWS_SECRET_ACCESS_KEY", "ab/cd+ef==", "?key=ab%2fcd%2bef%3d%3d&x",
     "?key=***&x"},
    {"WEBDAV_PASSWORD", "two words", "p=two+words q=two%20words",
     "p=*** q=***"},
    {"KOPIA_PASSWORD", "100%25sure", "is 100%25sure", "is ***"},
    {"KOPIA_PASSWORD", "abc", "wrong 'abc', not abcd", "wrong '***', not abcd"},
    {"AWS_REGION", "eu", "region eu", "region eu"},
    {"KOPIA_REPOSITORY", "s3://backups/apps", "s3://backups/apps is gone",
     "s3://backups/apps is gone"},
    {"AWS_S3_ENDPOINT", "https://minio.example", "dial minio.example",
     "dial minio.example"},
    {"AWS_S3_ENDPOINT", "https://me:topsecret@minio.example",
     "dial https://me:topsecret@minio.example, topsecret",
     "dial https://***@minio.example, ***"},
    {"KOPIA_REPOSITORY", "azure://c?sig=verysecret", "azure://c?sig=verysecret",
     "azure://c?***"},
    {"SFTP_KEY_DATA", pem, "ssh: MIIEvQIBADAN", "ssh: ***"},
    {"SFTP_KEY_DATA", pem, "ssh: BgkqhkAA BgkqhkCC", "ssh: BgkqhkAA BgkqhkCC"},
    {"SFTP_KEY_DATA", pem,
     R"("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\nBgkqhk==\n)"
     R"(-----END PRIVATE KEY-----")",
     R"("***")"},
    {"RCLONE_CONFIG", "[store]\ntype = s3\nsecret_access_key = abcdefgh\n",
     "rclone: abcdefgh of s3", "rclone: *** of s3"},
    {"GOOGLE_APPLICATION_CREDENTIALS",
     R"({"private_key":"-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\n"})",
     "oauth2: private_key MIIEvQIBADANBgkqhkiG9w0BAQEF",
     "oauth2: private_key ***"},
};

} // namespace

TEST_CASE("a credential is hidden however kopia spells it") {
  for (const auto& [key, value, said, shown] : rows)
    CHECK(redaction{secret_of(key, value)}.filter(said) == shown);
}

TEST_CASE("a credential inside a longer one doesn't betray the rest") {
  auto secret = secret_of("KOPIA_PASSWORD", "hunter");
  secret["WEBDAV_PASSWORD"] = secret_bytes{"hunter-and-more"};
  CHECK(redaction{secret}.filter("hunter-and-more hunter") == "*** ***");
}

TEST_CASE("a stream shows whole lines and cuts no credential apart") {
  const redaction rule{secret_of("KOPIA_PASSWORD", "hunter22")};
  redacted_stream stream{rule};
  CHECK(stream.take("one\ntwo hun").find("two") == std::string::npos);
  CHECK(stream.take("ter22\nthree") == "two ***\n");
  CHECK(stream.finish() == "three");
}

TEST_CASE("an endless line is passed on in pieces and hides all the same") {
  const redaction rule{secret_of("KOPIA_PASSWORD", "hunter22")};
  for (const auto shift : {0U, 1U, 5U, 7U}) {
    redacted_stream stream{rule};
    std::string text(65'530 + shift, 'x');
    text += "hunter22" + std::string(100'000, 'y');
    std::string shown;
    for (std::size_t at = 0; at < text.size(); at += 16'384) {
      shown += stream.take(std::string_view{text}.substr(at, 16'384));
      CHECK(at - std::min(at, shown.size()) < 2 * 65'536);
    }
    shown += stream.finish();
    CHECK(shown
          == std::string(65'530 + shift, 'x') + "***"
                 + std::string(100'000, 'y'));
  }
}
