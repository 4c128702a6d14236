#include "k8s_io/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <sstream>

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

/// Nodes as JSON. Aliases could make more of a text than fits into memory, or
/// hold themselves.
class converter {
public:
  explicit converter(std::size_t bytes) : left_(1000 + 10 * bytes) {
    // nop
  }

  json::value convert(const YAML::Node& node, int depth = 0) {
    if (depth > deepest || left_-- == 0)
      throw YAML::ParserException{node.Mark(), "too much, or too deep"};
    if (node.IsSequence()) {
      json::array out;
      for (const auto& each : node)
        out.push_back(convert(each, depth + 1));
      return out;
    }
    if (node.IsMap()) {
      json::object out;
      for (const auto& each : node)
        out[each.first.Scalar()] = convert(each.second, depth + 1);
      return out;
    }
    return node.IsScalar() ? scalar(node) : json::value{};
  }

private:
  static constexpr int deepest = 500;

  std::size_t left_;
};

/// Takes every event and keeps none.
struct deaf : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {
  }
  void OnDocumentEnd() override {
  }
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {
  }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {
  }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
  }
  void OnSequenceEnd() override {
  }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {
  }
};

/// Does the text end? In some that are broken yaml-cpp 0.7 finds one empty
/// document after the other for ever.
bool has_end(const std::string& text) {
  std::istringstream in{text};
  YAML::Parser parser{in};
  deaf nobody;
  for (std::size_t i = 0; i <= text.size(); ++i)
    if (!parser.HandleNextDocument(nobody))
      return true;
  return false;
}

} // namespace

result<std::vector<json::value>> read_yaml(std::string_view given) {
  std::vector<json::value> out;
  std::string text{given};
  // yaml-cpp reports broken text by exceptions; they end here.
  try {
    if (!has_end(text))
      return error{"YAML: the text can't be read to its end"};
    converter to_json{text.size()};
    for (const auto& document : YAML::LoadAll(text))
      if (document.IsMap() || document.IsSequence())
        out.push_back(to_json.convert(document));
  } catch (const YAML::Exception& failed) {
    return error{
        fmt::format("YAML line {}: {}", failed.mark.line + 1, failed.msg)};
  }
  return out;
}

} // namespace holystone::k8s_io
