#include "k8s_io/api_status.hpp"

#include "k8s_io/fields.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace holystone::k8s_io {

namespace json = boost::json;

bool api_status::is_too_large_version() const {
  return std::find(causes.begin(), causes.end(), "ResourceVersionTooLarge")
             != causes.end()
         || message.find("Too large resource version") != std::string::npos;
}

bool api_status::is_expired() const {
  return code == 410 || reason == "Expired" || reason == "Gone";
}

api_status to_status(const json::object& object) {
  api_status out;
  if (text_at(object, "kind") != "Status")
    return out;
  if (auto* code = object.if_contains("code"); code && code->is_int64())
    out.code = static_cast<int>(code->get_int64());
  out.reason = text_at(object, "reason");
  out.message = text_at(object, "message");
  out.name = text_at(object, "details", "name");
  for (const auto& cause : items_at(object, "details", "causes"))
    if (cause.is_object()) {
      out.fields.push_back(text_at(cause, "field"));
      out.causes.push_back(text_at(cause, "reason"));
    }
  return out;
}

api_status parse_status(std::string_view text) {
  json::error_code failed;
  auto parsed
      = json::parse(json::string_view{text.data(), text.size()}, failed);
  if (failed || !parsed.is_object())
    return {};
  return to_status(parsed.get_object());
}

} // namespace holystone::k8s_io
