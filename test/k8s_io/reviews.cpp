#include "k8s_io/reviews.hpp"

#include "k8s_io/fields.hpp"

#include <catch2/catch.hpp>

using namespace holystone;
using namespace holystone::k8s_io;
namespace json = boost::json;

namespace {

response says(std::string body, int status = 201) {
  response answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

const auto a_token_review = review_token(secret_bytes{"abc"});

json::value body_of(const request& asked) {
  return json::parse(to_body(asked));
}

} // namespace

TEST_CASE("a token is sent to the API server as a TokenReview") {
  CHECK(a_token_review.what == verb::create);
  CHECK(to_target(a_token_review)
        == "/apis/authentication.k8s.io/v1/tokenreviews?fieldManager="
           "holystone");
  CHECK(body_of(a_token_review)
        == json::value({{"apiVersion", "authentication.k8s.io/v1"},
                        {"kind", "TokenReview"},
                        {"spec", {{"token", "abc"}}}}));
}

TEST_CASE("a token is somebody's only if the API server says so") {
  auto user = read_token_review(
      a_token_review,
      says(R"({"status":{"authenticated":true,"user":{"username":"ann"}}})"));
  REQUIRE(user);
  REQUIRE(*user);
  CHECK(text_at(**user, "username") == "ann");
  for (auto body :
       {R"({"status":{"authenticated":false,"user":{"username":"ann"}}})",
        R"({"status":{"authenticated":true}})", R"({"status":{}})",
        R"({"status":{"authenticated":"true","user":{}}})", "[]",
        // What Kubernetes 1.36 answers about any token that is wrong.
        R"({"status":{"user":{},"error":"invalid bearer token"}})"}) {
    CAPTURE(body);
    auto nobody = read_token_review(a_token_review, says(body));
    REQUIRE(nobody);
    CHECK(!*nobody);
  }
}

TEST_CASE("what is no review says nothing about anybody, and names no token") {
  for (const auto& answer :
       {says("", 500), says("no JSON"), says("{}", 403), response{}}) {
    auto user = read_token_review(a_token_review, answer);
    REQUIRE(!user);
    CHECK(user.why().message.find("abc") == std::string::npos);
    CHECK(!read_access_review(a_token_review, answer));
  }
}

TEST_CASE("a SubjectAccessReview asks for the path and for all of the user") {
  auto user = json::parse(R"({"username":"ann","uid":"7","groups":["a","b"],
                              "extra":{"k":["v"]},"more":1})")
                  .as_object();
  auto asked = review_access(user, "/v1/actors");
  CHECK(to_target(asked)
        == "/apis/authorization.k8s.io/v1/subjectaccessreviews?fieldManager="
           "holystone");
  CHECK(body_of(asked).at("spec")
        == json::parse(R"({"user":"ann","uid":"7","groups":["a","b"],
                           "extra":{"k":["v"]},"nonResourceAttributes":
                           {"path":"/v1/actors","verb":"get"}})"));
}

TEST_CASE("only allowed and not denied is allowed") {
  auto is_allowed = [](std::string status) {
    auto read = read_access_review(a_token_review,
                                   says(R"({"status":)" + status + "}"));
    return read && *read;
  };
  CHECK(is_allowed(R"({"allowed":true})"));
  CHECK(!is_allowed(R"({"allowed":true,"denied":true})"));
  CHECK(!is_allowed(R"({"allowed":false})"));
  CHECK(!is_allowed("{}"));
  CHECK(!is_allowed("null"));
}

TEST_CASE("an authorizer that failed has not refused") {
  auto read = [](std::string status) {
    return read_access_review(a_token_review,
                              says(R"({"status":)" + status + "}"));
  };
  auto failed
      = read(R"({"allowed":false,"evaluationError":"webhook: no answer"})");
  REQUIRE(!failed);
  CHECK(failed.why().message.find("webhook: no answer") != std::string::npos);
  // Another authorizer did say, as RBAC does without a role that is missing.
  auto allowed = read(R"({"allowed":true,"evaluationError":"no answer"})");
  CHECK((allowed && *allowed));
  auto denied
      = read(R"({"allowed":false,"denied":true,"evaluationError":"x"})");
  CHECK((denied && !*denied));
  auto no_role = read(
      R"({"allowed":false,"reason":"RBAC: clusterrole \"gone\" not found"})");
  CHECK((no_role && !*no_role));
}
