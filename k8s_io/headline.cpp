#include "k8s_io/headline.hpp"

#include "k8s_io/json_place.hpp"

#include <boost/json/parse.hpp>

#include <optional>

namespace holystone::k8s_io {

namespace {

namespace json = boost::json;

constexpr std::string_view spaces = " \t\r\n";

// Between the members of the outermost object?
bool is_outermost(const json_place& at) {
  return at.depth() == 1 && !at.is_in_string();
}

bool is_outside(const json_place& at) {
  return at.depth() <= 0;
}

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

// The string that a quoted text means; nothing if it is none.
std::optional<json::string> string_of(std::string_view text) {
  if (!text.starts_with('"'))
    return {};
  json::error_code failed;
  auto value = json::parse({text.data(), text.size()}, failed);
  if (failed)
    return {};
  return std::move(value.get_string());
}

// The quoted text that `text` begins with.
std::string_view quoted(std::string_view text) {
  json_place at;
  std::size_t size = 0;
  do
    at.follow(text[size++]);
  while (size < text.size() && at.is_in_string());
  return text.substr(0, size);
}

// The value of `member` if `name` is its name, however it is spelt.
std::optional<std::string_view> value_of(std::string_view member,
                                         std::string_view name) {
  member = trimmed(member);
  if (!member.starts_with('"'))
    return {};
  auto key = quoted(member);
  auto value = trimmed(member.substr(key.size()));
  if (!value.starts_with(':') || string_of(key) != json::string_view{name})
    return {};
  return trimmed(value.substr(1));
}

void copy(std::string_view from, std::string_view name, json::object& to) {
  if (auto value = member_string(from, name))
    to.emplace(json::string_view{name}, std::move(*value));
}

} // namespace

std::string_view member_text(std::string_view text, std::string_view name) {
  text = trimmed(text);
  if (!text.starts_with('{'))
    return {};
  json_place at;
  std::string_view found;
  std::size_t begin = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto is_end = is_outermost(at) && (text[i] == ',' || text[i] == '}');
    at.follow(text[i]);
    if (!is_end)
      continue;
    found = value_of(text.substr(begin, i - begin), name).value_or(found);
    if (is_outside(at))
      return found;
    begin = i + 1;
  }
  return value_of(text.substr(begin), name).value_or(found);
}

std::optional<json::string> member_string(std::string_view text,
                                          std::string_view name) {
  return string_of(member_text(text, name));
}

bool is_whole_object(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('{') || !text.ends_with('}'))
    return false;
  json_place at;
  for (auto c : text.substr(0, text.size() - 1)) {
    at.follow(c);
    if (is_outside(at))
      return false;
  }
  return is_outermost(at);
}

json::object read_headline(std::string_view text) {
  json::object out;
  for (auto name : {"kind", "apiVersion"})
    copy(text, name, out);
  json::object metadata;
  auto told = member_text(text, "metadata");
  for (auto name : {"name", "namespace", "uid", "resourceVersion"})
    copy(told, name, metadata);
  out.emplace("metadata", std::move(metadata));
  return out;
}

} // namespace holystone::k8s_io
