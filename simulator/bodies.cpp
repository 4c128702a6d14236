#include "simulator/bodies.hpp"

#include "k8s_io/yaml.hpp"
#include "simulator/not_modelled.hpp"

#include <algorithm>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

// More than our clients read: a real server takes 10,000 levels.
json::parse_options deep_options() {
  json::parse_options options;
  options.max_depth = 500;
  return options;
}

} // namespace

std::string media_type(std::string_view content_type) {
  std::string out{trim(content_type.substr(0, content_type.find(';')))};
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

answer<json::value> decode_yaml(std::string_view body) {
  // JSON is YAML, and what most clients send as YAML.
  boost::system::error_code no_json;
  auto value = json::parse(body, no_json, {}, deep_options());
  if (!no_json && value.is_structured())
    return value;
  auto documents = k8s_io::read_yaml(body);
  if (!documents)
    return bad_request("error decoding YAML: " + documents.why().message);
  if (documents->size() != 1)
    return bad_request("error decoding YAML: one document is expected");
  return std::move(documents->front());
}

answer<json::value> decode_body(const call& what) {
  if (what.body.empty())
    return json::value{};
  auto type = media_type(what.content_type);
  if (type == "application/yaml")
    return decode_yaml(what.body);
  if (type == "application/vnd.kubernetes.protobuf")
    return decode_protobuf(what.body);
  if (!type.empty() && type != "application/json")
    return unsupported_media_type("application/json, application/yaml, "
                                  "application/vnd.kubernetes.protobuf");
  boost::system::error_code failed;
  auto value = json::parse(what.body, failed, {}, deep_options());
  if (failed)
    return bad_request("the body of the request is no JSON: "
                       + failed.message());
  return value;
}

answer<rendering> choose_rendering(std::string_view accept) {
  if (trim(accept).empty())
    return rendering::full;
  auto given = accept;
  while (!accept.empty()) {
    auto comma = accept.find(',');
    auto item = trim(accept.substr(0, comma));
    accept.remove_prefix(comma == std::string_view::npos ? accept.size()
                                                         : comma + 1);
    auto type = media_type(item);
    bool json_type = type == "application/json" || type == "*/*"
                     || type == "application/*";
    bool other_form
        = item.find("as=") != item.npos && item.find("v=v1") == item.npos;
    if (!json_type || other_form)
      continue;
    if (item.find("as=Table") != std::string_view::npos)
      return rendering::table;
    if (item.find("as=PartialObjectMetadata") != std::string_view::npos)
      return rendering::metadata_only;
    return rendering::full;
  }
  if (auto refused = refuse_form(given))
    return *refused;
  api_error why;
  why.code = 406;
  why.reason = "NotAcceptable";
  why.message = "406: Not Acceptable\n\nAvailable representations: "
                "application/json, application/yaml, "
                "application/vnd.kubernetes.protobuf";
  why.bare_details = true;
  return why;
}

} // namespace holystone::simulator
