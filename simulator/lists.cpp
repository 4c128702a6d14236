#include "simulator/reads.hpp"

#include "k8s_io/base64.hpp"
#include "k8s_io/fields.hpp"
#include "simulator/crd.hpp"

#include <fmt/format.h>

#include <charconv>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

using object_map = std::map<object_key, stored_ptr>;

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  auto end = text.data() + text.size();
  auto [rest, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || rest != end)
    return std::nullopt;
  return number;
}

api_error too_large(std::uint64_t wanted, std::uint64_t newest) {
  api_error why;
  why.code = 504;
  why.reason = "Timeout";
  why.message = fmt::format(
      "Timeout: Too large resource version: {}, current: {}", wanted, newest);
  why.causes.push_back(
      {"ResourceVersionTooLarge", "Too large resource version", ""});
  why.retry_after = 1;
  return why;
}

// Where a paged list goes on: the version of its first page and the last key.
struct page_position {
  std::uint64_t version = 0;
  object_key after;
};

std::string to_token(const page_position& at) {
  return k8s_io::to_base64(json::serialize(
      json::object{{"v", "meta.k8s.io/v1"},
                   {"rv", at.version},
                   {"start", at.after.ns + "/" + at.after.name}}));
}

std::optional<page_position> from_token(std::string_view token) {
  auto text = k8s_io::from_base64(token);
  boost::system::error_code failed;
  auto parsed = text ? json::parse(*text, failed) : json::value{};
  auto start = k8s_io::text_at(parsed, "start");
  auto version = k8s_io::integer_at(parsed, "rv");
  auto slash = start.find('/');
  if (failed || !version || slash == std::string::npos)
    return std::nullopt;
  return page_position{static_cast<std::uint64_t>(*version),
                       {start.substr(0, slash), start.substr(slash + 1)}};
}

// Which state a list shows, and from where on.
struct list_source {
  object_map history;
  const object_map* objects = nullptr;
  std::uint64_t version = 0;
  std::optional<object_key> after;
};

complaint read_history(server_core& core, const kind_info& kind,
                       std::uint64_t version, list_source& out,
                       std::string_view message) {
  if (!core.objects.at(kind.id(), version, out.history))
    return expired(std::string{message});
  out.objects = &out.history;
  out.version = version;
  return std::nullopt;
}

complaint choose_source(server_core& core, const kind_info& kind,
                        const target& where, list_source& out) {
  auto version = where.parameter("resourceVersion");
  auto match = where.parameter("resourceVersionMatch");
  auto token = where.parameter("continue");
  auto newest = core.objects.version();
  out.objects = &core.objects.of(kind.id()).objects;
  out.version = newest;
  if (!token.empty()) {
    auto position = from_token(token);
    if (!position)
      return bad_request("continue key is not valid");
    if (!version.empty() && version != "0")
      return bad_request("specifying resource version is not allowed when "
                         "using continue");
    out.after = position->after;
    return read_history(
        core, kind, position->version, out,
        "The provided continue parameter is too old to display a consistent "
        "list result. You can start a new list without the continue "
        "parameter.");
  }
  if (version.empty() || version == "0")
    return std::nullopt;
  auto wanted = number_in(version);
  if (!wanted)
    return bad_request(fmt::format(
        "invalid resource version: resourceVersion: Invalid value: \"{}\": "
        "strconv.ParseUint: parsing \"{}\": invalid syntax",
        version, version));
  if (*wanted > newest)
    return too_large(*wanted, newest);
  if (match == "Exact")
    return read_history(core, kind, *wanted, out,
                        fmt::format("The resourceVersion for the provided "
                                    "list is too old."));
  return std::nullopt;
}

// One page of selected objects and what the list says about itself.
struct page {
  std::vector<json::value> items;
  std::string token;
  std::size_t remaining = 0;
};

page cut_page(const kind_info& kind, const list_source& from,
              const std::string& ns, const selection& selected,
              std::size_t limit) {
  page out;
  auto& objects = *from.objects;
  auto it = from.after ? objects.upper_bound(*from.after)
                       : objects.lower_bound({ns, ""});
  object_key last;
  for (; it != objects.end(); ++it) {
    if (!ns.empty() && it->first.ns != ns)
      break;
    if (limit > 0 && out.items.size() == limit) {
      if (selected.everything())
        ++out.remaining;
      if (out.token.empty())
        out.token = to_token({from.version, last});
      continue;
    }
    auto value = known_part(kind, it->second->value());
    if (!selected.admits(value))
      continue;
    last = it->first;
    out.items.push_back(std::move(value));
  }
  return out;
}

std::string render_list(const kind_info& kind, const page& page,
                        std::uint64_t version, rendering form, instant now) {
  json::object metadata{{"resourceVersion", std::to_string(version)}};
  if (!page.token.empty()) {
    metadata["continue"] = page.token;
    if (page.remaining > 0)
      metadata["remainingItemCount"] = page.remaining;
  } else if (kind.custom != nullptr && form == rendering::full) {
    metadata["continue"] = "";
  }
  if (is_table(form)) {
    auto table = table_of(kind, page.items, true, form, now);
    table["metadata"] = std::move(metadata);
    return json::serialize(table);
  }
  bool partial = form == rendering::metadata_only;
  json::array items;
  for (auto& each : page.items) {
    if (partial) {
      items.emplace_back(metadata_of(each));
      continue;
    }
    items.push_back(each);
    // Items of built-in kinds do not say what they are.
    if (kind.custom == nullptr)
      for (auto name : {"kind", "apiVersion"})
        items.back().as_object().erase(name);
  }
  return json::serialize(json::object{
      {"kind", partial ? "PartialObjectMetadataList" : kind.list_kind},
      {"apiVersion", partial ? "meta.k8s.io/v1" : kind.api_version()},
      {"metadata", std::move(metadata)},
      {"items", std::move(items)}});
}

std::string name_selector(const target& where) {
  std::string fields{where.parameter("fieldSelector")};
  if (!where.name.empty())
    fields += (fields.empty() ? "" : ",") + ("metadata.name=" + where.name);
  return fields;
}

} // namespace

json::object metadata_of(const json::value& object) {
  auto metadata = k8s_io::find(object, "metadata");
  return {{"kind", "PartialObjectMetadata"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", metadata ? *metadata : json::object{}}};
}

std::string render_object(const server_core&, const kind_info& kind,
                          const json::value& object, rendering form,
                          instant now) {
  if (form == rendering::metadata_only)
    return json::serialize(metadata_of(object));
  if (is_table(form))
    return json::serialize(table_of(kind, {object}, true, form, now));
  return json::serialize(object);
}

answer<std::string> list_objects(server_core& core, const kind_info& kind,
                                 const target& where, rendering form,
                                 instant now) {
  auto selected = selection::parse(kind, where.parameter("labelSelector"),
                                   name_selector(where));
  if (!selected)
    return selected.why();
  list_source source;
  if (auto refused = choose_source(core, kind, where, source))
    return *refused;
  auto limit = number_in(where.parameter("limit")).value_or(0);
  // From the watch cache a list always comes whole.
  if (where.parameter("resourceVersion") == "0")
    limit = 0;
  auto found = cut_page(kind, source, where.ns, *selected, limit);
  return render_list(kind, found, source.version, form, now);
}

answer<std::vector<object_key>>
select_objects(server_core& core, const kind_info& kind, const target& where) {
  auto selected = selection::parse(kind, where.parameter("labelSelector"),
                                   name_selector(where));
  if (!selected)
    return selected.why();
  std::vector<object_key> out;
  for (auto& [key, object] : core.objects.of(kind.id()).objects)
    if ((where.ns.empty() || key.ns == where.ns)
        && (selected->everything() || selected->admits(object->value())))
      out.push_back(key);
  return out;
}

} // namespace holystone::simulator
