#include "scheduler/json_text.hpp"

#include <fmt/format.h>

namespace holystone::scheduler {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

json_object& json_object::text(std::string_view key, std::string_view value) {
  return value.empty() ? *this : raw(key, json_string(value));
}

json_object& json_object::flag(std::string_view key, bool value) {
  return value ? raw(key, "true") : *this;
}

json_object& json_object::number(std::string_view key, long value) {
  return raw(key, std::to_string(value));
}

json_object& json_object::raw(std::string_view key, std::string_view json) {
  if (!members_.empty())
    members_ += ',';
  members_ += json_string(key);
  members_ += ':';
  members_ += json;
  return *this;
}

std::string json_object::str() const {
  return "{" + members_ + "}";
}

} // namespace holystone::scheduler
