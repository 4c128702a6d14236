#include "k8s_io/list_pages.hpp"

#include "k8s_io/watch_lines.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <optional>

namespace holystone::k8s_io {

namespace {

namespace json = boost::json;

// Finds where values begin and end. It is no validator: each value that is of
// interest goes through Boost.JSON afterwards.
class scanner {
public:
  explicit scanner(std::string_view text) : text_(text) {
    // nop
  }

  void skip_space() {
    while (at_ < text_.size()
           && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r'
               || text_[at_] == '\t'))
      ++at_;
  }

  // The next byte that is not white space, or 0.
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool accept(char c) {
    if (peek() != c)
      return false;
    ++at_;
    return true;
  }

  // The text of the value that begins here, without looking into it.
  std::optional<std::string_view> value() {
    auto begin = (skip_space(), at_);
    auto c = peek();
    if (c == '"')
      return string() ? std::optional{text_.substr(begin, at_ - begin)}
                      : std::nullopt;
    if (c != '{' && c != '[')
      at_ = std::min(text_.find_first_of(",]} \n\r\t", at_), text_.size());
    else if (!nested())
      return {};
    if (at_ == begin)
      return {};
    return text_.substr(begin, at_ - begin);
  }

private:
  bool string() {
    for (++at_; at_ < text_.size(); ++at_) {
      at_ = text_.find_first_of("\"\\", at_);
      if (at_ == std::string_view::npos)
        break;
      if (text_[at_++] == '"')
        return true;
    }
    at_ = text_.size();
    return false;
  }

  bool nested() {
    auto depth = 0;
    while (at_ < text_.size()) {
      at_ = text_.find_first_of("\"{}[]", at_);
      if (at_ == std::string_view::npos)
        break;
      auto c = text_[at_];
      if (c == '"') {
        if (!string())
          return false;
        continue;
      }
      ++at_;
      depth += c == '{' || c == '[' ? 1 : -1;
      if (depth == 0)
        return true;
    }
    at_ = text_.size();
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

json::string_view as_boost(std::string_view text) {
  return {text.data(), text.size()};
}

std::string to_text(const json::value* from) {
  auto* text = from ? from->if_string() : nullptr;
  return text ? std::string{text->data(), text->size()} : std::string{};
}

error malformed(std::string_view what) {
  return error{"the answer to a list is not a Kubernetes list: "
               + std::string{what}};
}

using item_taker = std::function<void(const json::object&)>;

// Most objects fit into the buffer, which serves one after the other.
class item_reader {
public:
  explicit item_reader(const item_taker& take) : take_(take) {
    // nop
  }

  std::optional<error> read_array(scanner& in) {
    if (!in.accept('['))
      return malformed("items is not an array");
    if (in.accept(']'))
      return {};
    do {
      auto text = in.value();
      if (!text)
        return malformed("it ends within an item");
      if (auto failed = read_item(*text))
        return failed;
    } while (in.accept(','));
    if (!in.accept(']'))
      return malformed("items does not end");
    return {};
  }

private:
  std::optional<error> read_item(std::string_view text) {
    // One resource an item: Boost's doubles its next block for good whenever
    // the buffer was too small, so that twenty large objects ask for 32 GiB.
    json::monotonic_resource memory{first_.data(), first_.size()};
    json::error_code failed;
    auto item
        = json::parse(as_boost(text), failed, &memory, api_parse_options());
    if (failed)
      return malformed(failed.message());
    if (!item.is_object())
      return malformed("an item is not an object");
    take_(item.get_object());
    return {};
  }

  const item_taker& take_;
  std::array<unsigned char, 32 * 1024> first_;
};

void read_metadata(std::string_view text, list_header& out) {
  json::error_code failed;
  auto parsed = json::parse(as_boost(text), failed);
  if (failed || !parsed.is_object())
    return;
  auto& metadata = parsed.get_object();
  out.resource_version = to_text(metadata.if_contains("resourceVersion"));
  out.continue_token = to_text(metadata.if_contains("continue"));
}

std::string unquoted(std::string_view text) {
  json::error_code failed;
  auto parsed = json::parse(as_boost(text), failed);
  return failed ? std::string{} : to_text(&parsed);
}

using member_taker
    = std::function<std::optional<error>(const std::string& name, scanner& in)>;

// Calls `take` at the value of each member of the list itself.
std::optional<error> for_each_member(std::string_view text,
                                     const member_taker& take) {
  scanner in{text};
  if (!in.accept('{'))
    return malformed("it is not a JSON object");
  while (in.peek() == '"') {
    auto name = unquoted(in.value().value_or(""));
    if (!in.accept(':'))
      return malformed("a member has no value");
    if (auto failed = take(name, in))
      return failed;
    if (!in.accept(','))
      break;
  }
  if (!in.accept('}') || in.peek() != '\0')
    return malformed("it does not end as an object");
  return {};
}

} // namespace

result<list_header> read_list_header(std::string_view text) {
  list_header out;
  auto has_items = false;
  auto failed = for_each_member(
      text, [&](const std::string& name, scanner& in) -> std::optional<error> {
        auto value = in.value();
        if (!value)
          return malformed("it ends within a member");
        if (name == "kind")
          out.kind = unquoted(*value);
        else if (name == "apiVersion")
          out.api_version = unquoted(*value);
        else if (name == "metadata")
          read_metadata(*value, out);
        else if (name == "items")
          // A typed list without objects may have null.
          has_items = value->front() == '[' || *value == "null";
        return {};
      });
  if (failed)
    return *failed;
  if (!has_items)
    return malformed("it has no items");
  return out;
}

std::optional<error> for_each_item(std::string_view text,
                                   const item_taker& take) {
  return for_each_member(
      text, [&](const std::string& name, scanner& in) -> std::optional<error> {
        if (name == "items" && in.peek() == '[')
          return item_reader{take}.read_array(in);
        if (!in.value())
          return malformed("it ends within a member");
        return {};
      });
}

} // namespace holystone::k8s_io
