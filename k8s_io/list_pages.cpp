#include "k8s_io/list_pages.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/gzip.hpp"
#include "k8s_io/headline.hpp"
#include "k8s_io/json_place.hpp"
#include "k8s_io/watch_lines.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <span>

namespace holystone::k8s_io {

namespace {

namespace json = boost::json;

// etcd holds objects of up to 1.5 MiB.
constexpr std::size_t longest_object = std::size_t{4} << 20;

json::string_view as_boost(std::string_view text) {
  return {text.data(), text.size()};
}

error malformed(std::string_view what) {
  return error{"the answer to a list is not a Kubernetes list: "
               + std::string{what}};
}

// Takes the text of an item, or why there is none and how it begins.
using item_taker = std::function<std::optional<error>(std::string_view text,
                                                      std::string_view fault)>;

// Cuts the items out of a list that comes in parts of any size. It follows
// braces and strings and no more of the grammar: what it cuts out and what it
// leaves both go through Boost.JSON.
class item_cutter {
public:
  explicit item_cutter(item_taker take) : take_(std::move(take)) {
    // nop
  }

  std::optional<error> feed(std::string_view part) {
    for (auto c : part)
      if (auto failed = is_in_item() ? next_of_item(c) : next_of_rest(c))
        return failed;
    return {};
  }

  // The list with {} in the place of each item.
  const std::string& rest() const noexcept {
    return rest_;
  }

  // Was there a member of the name `items`?
  bool has_items() const noexcept {
    return has_items_;
  }

private:
  bool is_in_item() const noexcept {
    return is_in_items_ && at_.depth() > 2;
  }

  std::optional<error> next_of_item(char c) {
    // Of a longer one the beginning is enough to tell which it is.
    auto is_too_long = item_.size() == longest_object;
    if (!is_too_long)
      item_ += c;
    at_.follow(c);
    if (at_.depth() > 2)
      return {};
    auto failed = take_(item_, is_too_long ? "longer than any object" : "");
    item_.clear();
    return failed;
  }

  std::optional<error> next_of_rest(char c) {
    if (rest_.size() == longest_object)
      return malformed("it has more than items");
    if (is_in_items_ && at_.depth() == 2 && !at_.is_in_string()
        && (c == '{' || c == '[')) {
      rest_ += "{}";
      at_.follow(c);
      item_ = c;
      return {};
    }
    rest_ += c;
    if (at_.depth() == 1)
      look_for_items(c);
    at_.follow(c);
    is_in_items_ = is_in_items_ && at_.depth() >= 2;
    return {};
  }

  // Between the braces of the list itself.
  void look_for_items(char c) {
    if (at_.is_in_string())
      name_ += c;
    else if (c == '"')
      name_.clear();
    else if (c == ',')
      is_value_ = false;
    else if (c == ':')
      is_value_ = true;
    else if (c == '[')
      is_in_items_ = is_value_ && name_ == "items\"";
    has_items_ = has_items_ || is_in_items_;
  }

  item_taker take_;
  std::string rest_;
  std::string item_;
  // The last string between the list's own braces, with its closing quote.
  std::string name_;
  json_place at_;
  bool is_value_ = false;
  bool is_in_items_ = false;
  bool has_items_ = false;
};

result<list_header> to_header(const json::value& parsed, bool has_items,
                              const item_taker& take) {
  auto* list = parsed.if_object();
  if (!list)
    return malformed("it is not a JSON object");
  auto* items = list->if_contains("items");
  // A typed list without objects may have null.
  if (!items || !(items->is_array() || items->is_null()))
    return malformed("it has no items");
  // "items" was spelt so that it was not seen.
  if (items->is_array() && !has_items)
    return malformed("an item could not be read");
  if (items->is_array())
    for (const auto& left : items->get_array())
      if (auto* cut = left.if_object(); !cut || !cut->empty())
        if (auto failed = take({}, "not an object"))
          return *failed;
  list_header out;
  out.kind = text_at(*list, "kind");
  out.api_version = text_at(*list, "apiVersion");
  out.resource_version = text_at(*list, "metadata", "resourceVersion");
  out.continue_token = text_at(*list, "metadata", "continue");
  return out;
}

// Calls `take` with each item and reads the rest.
result<list_header> read(std::string_view body, const item_taker& take) {
  item_cutter cutter{take};
  auto failed = for_each_part(
      body, [&](std::string_view part) { return cutter.feed(part); });
  if (failed)
    return *failed;
  json::error_code broken;
  auto parsed = json::parse(as_boost(cutter.rest()), broken);
  if (broken)
    return malformed(broken.message());
  return to_header(parsed, cutter.has_items(), take);
}

// Calls `take` with the item in `text`; or says why it can't be read.
std::string read_item(std::string_view text, std::span<unsigned char> first,
                      const std::function<void(const json::object&)>& take) {
  // One resource an item: Boost's doubles its next block for good whenever the
  // buffer was too small, so that twenty large objects ask for 32 GiB.
  json::monotonic_resource memory{first.data(), first.size()};
  json::error_code broken;
  auto item = json::parse(as_boost(text), broken, &memory, api_parse_options());
  if (broken)
    return broken.message();
  if (!item.is_object())
    return "not an object";
  take(item.get_object());
  return {};
}

} // namespace

result<list_header> read_list_header(std::string_view body) {
  return read(body, [](auto, auto) { return std::nullopt; });
}

std::optional<error>
for_each_item(std::string_view body,
              const std::function<void(const json::object&)>& take,
              const std::function<void(unreadable_item)>& skip) {
  // Most objects fit into the buffer, which serves one after the other.
  std::array<unsigned char, 32 * 1024> first;
  auto told = read(body,
                   [&](std::string_view text,
                       std::string_view fault) -> std::optional<error> {
                     auto why = fault.empty() ? read_item(text, first, take)
                                              : std::string{fault};
                     if (why.empty())
                       return {};
                     if (!skip)
                       return malformed("an item is not readable: " + why);
                     skip({read_headline(text), std::move(why)});
                     return {};
                   });
  return told ? std::nullopt : std::optional{told.why()};
}

} // namespace holystone::k8s_io
