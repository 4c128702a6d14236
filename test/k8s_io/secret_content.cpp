#include "k8s_io/secret_content.hpp"

#include "k8s_io/base64.hpp"
#include "k8s_io/fields.hpp"
#include "k8s_io/names.hpp"
#include "k8s_io/objects.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

write_copy an_order() {
  write_copy what;
  what.source = {copy_source::kind::secret, {"app", "kopia"}, {}};
  what.resync = "now";
  return what;
}

secret_data content() {
  secret_data data;
  data.emplace("KOPIA_PASSWORD", secret_bytes{"pass"});
  data.emplace("KOPIA_REPOSITORY", secret_bytes{"s3://b"});
  data.emplace("BASH_ENV", secret_bytes{"/tmp/evil"});
  return data;
}

json::value body_of(const result<request>& what) {
  REQUIRE(what);
  return json::parse(what->body.text());
}

} // namespace

TEST_CASE("only keys that kopia's backends know are copied") {
  auto body = body_of(copy_request(an_order(), "0123456789abcdef", "ns", "c",
                                   {"u"}, "7", content()));
  CHECK(text_at(body, "data", "KOPIA_PASSWORD") == to_base64("pass"));
  CHECK(members_at(body, "data").size() == 2);
  CHECK_FALSE(find(body, "data", "BASH_ENV"));
}

TEST_CASE("a copy names its source, and reads back what was ordered") {
  auto what = copy_request(an_order(), "0123456789abcdef", "ns", "c", {"u"},
                           "7", content());
  REQUIRE(what);
  CHECK(what->what == verb::create);
  auto read = read_secret(body_of(what), "ns");
  REQUIRE(read.copy);
  // Elsewhere anybody may set our labels.
  CHECK_FALSE(read_secret(body_of(what), "volsync-system").copy);
  CHECK(read.repository == "0123456789abcdef");
  CHECK(read.copy->source == an_order().source);
  CHECK(read.copy->source_uid == object_uid{"u"});
  CHECK(read.copy->source_version == "7");
  CHECK(read.copy->resync == "now");
  // The fork's clean-up must not find it (contract section 4).
  CHECK(what->body.text().find("maintenance-secret") == std::string::npos);
}

TEST_CASE("an existing copy is replaced under its UID, whole") {
  auto order = an_order();
  order.existing.uid = {"copy-uid"};
  auto what = copy_request(order, "0123456789abcdef", "ns", "c", {"u"}, "7",
                           content());
  REQUIRE(what);
  CHECK(what->what == verb::json_patch);
  auto steps = body_of(what);
  CHECK(text_at(steps.as_array()[0], "op") == "test");
  CHECK(text_at(steps.as_array()[0], "value") == "copy-uid");
  CHECK(text_at(steps.as_array()[1], "op") == "add");
  CHECK(text_at(steps.as_array()[1], "path") == "/data");
}

TEST_CASE("names of copies: S0's form, shortened or suffixed with a hash") {
  copy_source one{copy_source::kind::secret, {"a-b", "c"}, {}};
  copy_source two{copy_source::kind::secret, {"a", "b-c"}, {}};
  CHECK(copy_name(one, "h", false) == "maintenance-a-b-c");
  CHECK(copy_name(two, "h", false) == "maintenance-a-b-c");
  CHECK(copy_name(one, "h", true) != copy_name(two, "h", true));
  for (std::size_t size = 1; size < 250; size += 7) {
    copy_source any{copy_source::kind::secret,
                    {std::string(60, 'n'), std::string(size, '-')},
                    {}};
    CHECK(copy_name(any, "h", false).size() <= 63);
    CHECK(copy_name(any, "h", true).size() <= 63);
  }
}

TEST_CASE("a CA is copied under one fixed key, and a missing key is named") {
  write_copy what;
  what.source
      = {copy_source::kind::ca_config_map, {"app", "our-ca"}, "corp.pem"};
  secret_data ca;
  ca.emplace("corp.pem", secret_bytes{"CERT"});
  auto body
      = body_of(copy_request(what, "0123456789abcdef", "ns", "c", {}, "", ca));
  CHECK(text_at(body, "data", "ca.crt") == to_base64("CERT"));
  auto missing = copy_request(what, "0123456789abcdef", "ns", "c", {}, "", {});
  REQUIRE(!missing);
  CHECK_THAT(missing.why().message,
             Catch::Contains("app/our-ca") && Catch::Contains("corp.pem"));
}

TEST_CASE("content: bytes of a Secret, text of a ConfigMap, or why not") {
  auto secret = read_content(R"({"kind":"Secret","data":{"K":"cGFzcw=="}})");
  REQUIRE(secret);
  CHECK(secret->at("K").reveal() == "pass");
  auto text = read_content(R"({"kind":"ConfigMap","data":{"K":"plain"}})");
  REQUIRE(text);
  CHECK(text->at("K").reveal() == "plain");
  auto bad = read_content(R"({"kind":"Secret","data":{"K":"%%%"}})");
  REQUIRE(!bad);
  CHECK_THAT(bad.why().message, Catch::Contains("K"));
  CHECK(!read_content("{"));
}
