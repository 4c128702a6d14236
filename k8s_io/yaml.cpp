#include "k8s_io/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>

namespace holystone::k8s_io {

namespace json = boost::json;

namespace {

template <class Number>
bool is_whole(const std::string& text, Number& out) {
  auto end = text.data() + text.size();
  auto [rest, failed] = std::from_chars(text.data(), end, out);
  return failed == std::errc{} && rest == end;
}

json::value scalar(const YAML::Node& node) {
  auto& text = node.Scalar();
  // A quoted scalar has the tag "!" and is always text.
  if (node.Tag() == "!")
    return json::value(text);
  if (text.empty() || text == "~" || text == "null" || text == "Null"
      || text == "NULL")
    return nullptr;
  if (text == "true" || text == "True" || text == "TRUE")
    return true;
  if (text == "false" || text == "False" || text == "FALSE")
    return false;
  std::int64_t integer = 0;
  if (is_whole(text, integer))
    return integer;
  double number = 0;
  bool numeric
      = text.find_first_of("0123456789") != std::string::npos
        && text.find_first_not_of("+-.0123456789eE") == std::string::npos;
  if (numeric && is_whole(text, number))
    return number;
  return json::value(text);
}

json::value convert(const YAML::Node& node) {
  if (node.IsSequence()) {
    json::array out;
    for (const auto& each : node)
      out.push_back(convert(each));
    return out;
  }
  if (node.IsMap()) {
    json::object out;
    for (const auto& each : node)
      out[each.first.Scalar()] = convert(each.second);
    return out;
  }
  return node.IsScalar() ? scalar(node) : json::value{};
}

} // namespace

result<std::vector<json::value>> read_yaml(std::string_view text) {
  std::vector<json::value> out;
  // yaml-cpp reports broken text by exceptions; they end here.
  try {
    for (const auto& document : YAML::LoadAll(std::string{text}))
      if (document.IsMap() || document.IsSequence())
        out.push_back(convert(document));
  } catch (const YAML::Exception& failed) {
    return error{
        fmt::format("YAML line {}: {}", failed.mark.line + 1, failed.msg)};
  }
  return out;
}

} // namespace holystone::k8s_io
