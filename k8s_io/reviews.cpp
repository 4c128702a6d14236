#include "k8s_io/reviews.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

constexpr resource token_reviews{"authentication.k8s.io", "v1", "tokenreviews",
                                 "TokenReview", false};
constexpr resource access_reviews{"authorization.k8s.io", "v1",
                                  "subjectaccessreviews", "SubjectAccessReview",
                                  false};

request ask(const resource& kind, json::object spec) {
  request asked;
  asked.what = verb::create;
  asked.kind = kind;
  asked.body = json::serialize(json::object{
      {"apiVersion", fmt::format("{}/{}", kind.group, kind.version)},
      {"kind", kind.kind},
      {"spec", std::move(spec)}});
  return asked;
}

bool says(const json::value& review, std::string_view word) {
  const auto* said = find(review, "status", word);
  return said && said->is_bool() && said->get_bool();
}

result<json::value> read(const request& asked, const response& answer) {
  boost::system::error_code failed;
  auto review = json::parse(answer.body, failed);
  if (!answer.ok() || failed)
    return error{describe(asked, answer)};
  return review;
}

} // namespace

request review_token(const secret_bytes& token) {
  return ask(token_reviews, {{"token", token.reveal()}});
}

result<std::optional<reviewed_user>> read_token_review(const request& asked,
                                                       const response& answer) {
  auto review = read(asked, answer);
  if (!review)
    return review.why();
  const auto* user = find(*review, "status", "user");
  if (!says(*review, "authenticated") || !user || !user->is_object())
    return std::optional<reviewed_user>{};
  return std::optional{user->get_object()};
}

request review_access(const reviewed_user& user, std::string_view path) {
  json::object spec{
      {"user", text_at(user, "username")},
      {"nonResourceAttributes", {{"path", path}, {"verb", "get"}}}};
  for (auto key : {"uid", "groups", "extra"})
    if (const auto* value = user.if_contains(key))
      spec[key] = *value;
  return ask(access_reviews, std::move(spec));
}

result<bool> read_access_review(const request& asked, const response& answer) {
  auto review = read(asked, answer);
  if (!review)
    return review.why();
  if (says(*review, "denied"))
    return false;
  if (says(*review, "allowed"))
    return true;
  if (auto why = text_at(*review, "status", "evaluationError"); !why.empty())
    return error{fmt::format("the API server can't tell: {}", why)};
  return false;
}

} // namespace holystone::k8s_io
