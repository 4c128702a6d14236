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

// The value of `member` if `name` is its name.
std::optional<std::string_view> value_of(std::string_view member,
                                         std::string_view name) {
  member = trimmed(member);
  if (!member.starts_with('"'))
    return {};
  member.remove_prefix(1);
  if (!member.starts_with(name) || !member.substr(name.size()).starts_with('"'))
    return {};
  member = trimmed(member.substr(name.size() + 1));
  if (!member.starts_with(':'))
    return {};
  return trimmed(member.substr(1));
}

void copy(std::string_view from, std::string_view name, json::object& to) {
  auto text = member_text(from, name);
  if (!text.starts_with('"'))
    return;
  json::error_code failed;
  auto value = json::parse({text.data(), text.size()}, failed);
  if (!failed)
    to.emplace(json::string_view{name.data(), name.size()}, std::move(value));
}

} // namespace

std::string_view member_text(std::string_view text, std::string_view name) {
  text = trimmed(text);
  if (!text.starts_with('{'))
    return {};
  json_place at;
  std::size_t begin = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto is_end = is_outermost(at) && (text[i] == ',' || text[i] == '}');
    at.follow(text[i]);
    if (!is_end)
      continue;
    if (auto found = value_of(text.substr(begin, i - begin), name))
      return *found;
    if (is_outside(at))
      return {};
    begin = i + 1;
  }
  return value_of(text.substr(begin), name).value_or(std::string_view{});
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
