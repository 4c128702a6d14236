#include "k8s_io/list_pages.hpp"

#include "k8s_io/fields.hpp"
#include "k8s_io/gzip.hpp"
#include "k8s_io/headline.hpp"
#include "k8s_io/json_place.hpp"
#include "k8s_io/object_text.hpp"
#include "k8s_io/watch_lines.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <array>
#include <optional>

namespace holystone::k8s_io {

namespace {

namespace json = boost::json;

// A list says little beside its items.
constexpr std::size_t longest_rest = std::size_t{4} << 20;

json::string_view as_boost(std::string_view text) {
  return {text.data(), text.size()};
}

error malformed(std::string_view what) {
  return error{"the answer to a list is not a Kubernetes list: "
               + std::string{what}};
}

// Cuts the items out of a list that comes in parts of any size. It follows
// braces and strings and no more of the grammar: what it cuts out and what it
// leaves both go through Boost.JSON.
class item_cutter {
public:
  using item_taker = std::function<std::optional<error>(const object_text&)>;

  item_cutter(bool without_managers, item_taker take)
      : take_(std::move(take)), item_(without_managers) {
    // nop
  }

  std::optional<error> feed(std::string_view part) {
    while (!part.empty()) {
      std::optional<error> failed;
      if (is_in_item_)
        failed = next_of_item(part);
      else if (begins_item(part.front()))
        begin_item();
      else
        failed = next_of_rest(part);
      if (failed)
        return failed;
    }
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
  bool begins_item(char c) const {
    return is_in_items_ && at_.depth() == 2 && !at_.is_in_string()
           && (c == '{' || c == '[');
  }

  void begin_item() {
    rest_ += "{}";
    item_.clear();
    is_in_item_ = true;
  }

  std::optional<error> next_of_item(std::string_view& part) {
    part.remove_prefix(item_.feed(part));
    is_in_item_ = !item_.is_whole();
    return is_in_item_ ? std::nullopt : take_(item_);
  }

  std::optional<error> next_of_rest(std::string_view& part) {
    if (rest_.size() == longest_rest)
      return malformed("it has more than items");
    auto c = part.front();
    part.remove_prefix(1);
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
  object_text item_;
  // The last string between the list's own braces, with its closing quote.
  std::string name_;
  json_place at_;
  bool is_value_ = false;
  bool is_in_item_ = false;
  bool is_in_items_ = false;
  bool has_items_ = false;
};

// One reading of one list.
class list_reading {
public:
  explicit list_reading(const list_reader& how)
      : how_(how),
        cutter_(how.without_managers,
                [this](const object_text& item) { return take(item); }) {
    // nop
  }

  result<list_header> read(std::string_view body) {
    // Of a text that is cut nothing is taken; a compressed one shows that late.
    if (body.starts_with('{') && !body.ends_with('}'))
      if (auto last = body.find_last_not_of(" \t\r\n"); body[last] != '}')
        return malformed("it is cut");
    auto failed = for_each_part(
        body, [this](std::string_view part) { return cutter_.feed(part); });
    if (failed)
      return *failed;
    json::error_code broken;
    auto parsed = json::parse(as_boost(cutter_.rest()), broken);
    if (broken)
      return malformed(broken.message());
    auto* list = parsed.if_object();
    if (!list)
      return malformed("it is not a JSON object");
    if (auto wrong = check_left(*list))
      return *wrong;
    return header_of(*list);
  }

private:
  std::optional<error> take(const object_text& item) {
    if (!has_begun_)
      if (auto wrong = begin())
        return wrong;
    if (item.is_too_long())
      return refuse(item.text(), "longer than any object");
    // One resource an item: Boost's doubles its next block for good whenever
    // the buffer was too small, so that twenty large objects ask for 32 GiB.
    json::monotonic_resource memory{first_.data(), first_.size()};
    json::error_code broken;
    auto parsed = json::parse(as_boost(item.text()), broken, &memory,
                              api_parse_options());
    if (broken)
      return refuse(item.text(), broken.message());
    if (!parsed.is_object())
      return refuse(item.text(), "not an object");
    if (!is_named_ && text_at(parsed, "kind").empty())
      return malformed("neither it nor its items tell a kind");
    how_.take(parsed);
    return {};
  }

  // Before the first item.
  std::optional<error> begin() {
    has_begun_ = true;
    auto told = member_text(cutter_.rest(), "kind");
    is_named_ = how_.kind.empty() || !told.empty();
    if (told.size() > 2)
      told = told.substr(1, told.size() - 2);
    return is_named_ ? check_kind(told) : std::nullopt;
  }

  std::optional<error> check_kind(std::string_view told) const {
    if (how_.kind.empty() || told == how_.kind)
      return {};
    return error{
        fmt::format("the answer to a list is a {}, not a {}", told, how_.kind)};
  }

  std::optional<error> refuse(std::string_view text, std::string why) const {
    if (!how_.skip)
      return malformed("an item is not readable: " + why);
    how_.skip({read_headline(text), std::move(why)});
    return {};
  }

  // Looks at what was not cut out.
  std::optional<error> check_left(const json::object& list) const {
    auto* items = list.if_contains("items");
    // A typed list without objects may have null.
    if (!items || !(items->is_array() || items->is_null()))
      return malformed("it has no items");
    // "items" was spelt so that it was not seen.
    if (items->is_array() && !cutter_.has_items())
      return malformed("an item could not be read");
    if (items->is_array())
      for (const auto& left : items->get_array())
        if (auto* cut = left.if_object(); !cut || !cut->empty())
          if (auto failed = refuse({}, "not an object"))
            return failed;
    return {};
  }

  result<list_header> header_of(const json::object& list) const {
    list_header out;
    out.kind = text_at(list, "kind");
    out.api_version = text_at(list, "apiVersion");
    out.resource_version = text_at(list, "metadata", "resourceVersion");
    out.continue_token = text_at(list, "metadata", "continue");
    if (auto wrong = check_kind(out.kind))
      return *wrong;
    return out;
  }

  const list_reader& how_;
  item_cutter cutter_;
  bool has_begun_ = false;
  // Has the list told what its items are, if anybody wants to know?
  bool is_named_ = false;
  // Most objects fit into it, one after the other.
  std::array<unsigned char, 32 * 1024> first_;
};

} // namespace

result<list_header> read_list(std::string_view body, const list_reader& how) {
  return list_reading{how}.read(body);
}

} // namespace holystone::k8s_io
