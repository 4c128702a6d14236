#pragma once

// Reading single fields of a JSON object without caring whether they are
// there. Everything that comes from an API server is read through these, so a
// missing or mistyped field is an empty value and never an exception. Used by
// objects.cpp, the writers of requests and the reflector.

#include "scheduler/time.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holystone::k8s_io {

/// The value at a path of keys, or nullptr.
inline const boost::json::value* find(const boost::json::value& from) {
  return &from;
}

template <class... Keys>
const boost::json::value* find(const boost::json::object& from,
                               std::string_view key, Keys... rest);

template <class... Keys>
const boost::json::value* find(const boost::json::value& from,
                               std::string_view key, Keys... rest) {
  const auto* object = from.if_object();
  return object ? find(*object, key, rest...) : nullptr;
}

template <class... Keys>
const boost::json::value* find(const boost::json::object& from,
                               std::string_view key, Keys... rest) {
  const auto* next = from.if_contains(key);
  return next ? find(*next, rest...) : nullptr;
}

/// The text at a path, or an empty string.
template <class Json, class... Keys>
std::string text_at(const Json& from, Keys... keys) {
  const auto* found = find(from, std::string_view{keys}...);
  const auto* text = found ? found->if_string() : nullptr;
  return text ? std::string{*text} : std::string{};
}

/// The integer at a path.
template <class... Keys>
std::optional<std::int64_t> integer_at(const boost::json::value& from,
                                       Keys... keys) {
  const boost::json::value* found = find(from, std::string_view{keys}...);
  if (!found || !found->is_number())
    return std::nullopt;
  boost::system::error_code failed;
  auto number = found->to_number<std::int64_t>(failed);
  return failed ? std::nullopt : std::optional{number};
}

/// The boolean at a path.
template <class... Keys>
std::optional<bool> flag_at(const boost::json::value& from, Keys... keys) {
  const auto* found = find(from, std::string_view{keys}...);
  return found && found->is_bool() ? std::optional{found->get_bool()}
                                   : std::nullopt;
}

/// The RFC 3339 instant at a path.
template <class... Keys>
std::optional<instant> instant_at(const boost::json::value& from,
                                  Keys... keys) {
  return parse_rfc3339(text_at(from, keys...));
}

/// The items of the array at a path; empty when there is none.
template <class Json, class... Keys>
const boost::json::array& items_at(const Json& from, Keys... keys) {
  static const boost::json::array none;
  const auto* found = find(from, std::string_view{keys}...);
  const auto* array = found ? found->if_array() : nullptr;
  return array ? *array : none;
}

/// The members of the object at a path; empty when there is none.
template <class... Keys>
const boost::json::object& members_at(const boost::json::value& from,
                                      Keys... keys) {
  static const boost::json::object none;
  const auto* found = find(from, std::string_view{keys}...);
  const auto* object = found ? found->if_object() : nullptr;
  return object ? *object : none;
}

/// The string members of the object at a path.
template <class... Keys>
std::map<std::string, std::string> texts_at(const boost::json::value& from,
                                            Keys... keys) {
  std::map<std::string, std::string> texts;
  for (const auto& member : members_at(from, keys...))
    if (const auto* text = member.value().if_string())
      texts.emplace(member.key(), *text);
  return texts;
}

} // namespace holystone::k8s_io
