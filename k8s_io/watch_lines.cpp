#include "k8s_io/watch_lines.hpp"

#include "k8s_io/headline.hpp"

#include <boost/json/parse.hpp>

namespace holystone::k8s_io {

namespace {

namespace json = boost::json;

event_type to_event_type(json::string_view name) {
  if (name == "ADDED")
    return event_type::added;
  if (name == "MODIFIED")
    return event_type::modified;
  if (name == "DELETED")
    return event_type::deleted;
  if (name == "BOOKMARK")
    return event_type::bookmark;
  if (name == "ERROR")
    return event_type::error;
  return event_type::unknown;
}

} // namespace

bool line_splitter::feed(std::string_view bytes,
                         std::vector<std::string>& out) {
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    auto piece = bytes.substr(0, end);
    if (partial_.size() + piece.size() > longest_)
      return false;
    if (end == std::string_view::npos) {
      partial_ += piece;
      return true;
    }
    bytes.remove_prefix(end + 1);
    partial_ += piece;
    if (!partial_.empty() && partial_.back() == '\r')
      partial_.pop_back();
    if (!partial_.empty())
      out.push_back(std::move(partial_));
    partial_ = {};
  }
  return true;
}

boost::json::parse_options api_parse_options() noexcept {
  json::parse_options options;
  options.max_depth = 128;
  return options;
}

result<watch_event> parse_watch_line(std::string_view line,
                                     json::storage_ptr memory) {
  json::error_code failed;
  auto parsed = json::parse(json::string_view{line.data(), line.size()}, failed,
                            std::move(memory), api_parse_options());
  if (failed)
    return error{"a watch line is not JSON: " + failed.message()};
  auto* envelope = parsed.if_object();
  auto* type = envelope ? envelope->if_contains("type") : nullptr;
  if (!type || !type->is_string())
    return error{"a watch line has no type"};
  auto* object = envelope->if_contains("object");
  auto is_object = object && object->is_object();
  return watch_event{to_event_type(type->get_string()),
                     is_object ? std::move(*object) : json::value{}};
}

std::optional<watch_event> skim_watch_line(std::string_view line) {
  if (!is_whole_object(line))
    return {};
  auto type = member_string(line, "type");
  if (!type)
    return {};
  auto object = read_headline(member_text(line, "object"));
  auto& metadata = object.at("metadata").get_object();
  if (!metadata.contains("name") || !metadata.contains("uid"))
    return {};
  return watch_event{to_event_type(*type), std::move(object)};
}

} // namespace holystone::k8s_io
