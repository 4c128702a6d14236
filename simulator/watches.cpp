#include "simulator/reads.hpp"

#include "k8s_io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace holystone::simulator {

namespace json = boost::json;

namespace {

constexpr std::string_view initial_end = "k8s.io/initial-events-end";

json::value render_event_object(watch_state& watch, const json::value& object,
                                instant now) {
  if (watch.form == rendering::metadata_only)
    return metadata_of(object);
  if (!is_table(watch.form))
    return object;
  auto table
      = table_of(watch.kind, {object}, !watch.header_sent, watch.form, now);
  watch.header_sent = true;
  return table;
}

// `object` is a text of JSON.
void append_text(watch_batch& out, std::string_view type,
                 std::string_view object) {
  fmt::format_to(std::back_inserter(out.lines),
                 R"({{"type":"{}","object":{}}})"
                 "\n",
                 type, object);
  ++out.events;
}

void append(watch_batch& out, std::string_view type, const json::value& what) {
  append_text(out, type, json::serialize(what));
}

// Objects are kept as they are sent.
void append_object(watch_batch& out, watch_state& watch, std::string_view type,
                   const stored& object, instant now) {
  if (watch.form == rendering::full)
    append_text(out, type, object.text);
  else
    append(out, type, render_event_object(watch, object.value(), now));
}

void append_bookmark(watch_batch& out, watch_state& watch,
                     std::uint64_t version, bool ends_initial) {
  json::object metadata{{"resourceVersion", std::to_string(version)}};
  if (ends_initial)
    metadata["annotations"] = {{initial_end, "true"}};
  bool partial = watch.form != rendering::full;
  append(
      out, "BOOKMARK",
      json::object{
          {"kind", partial ? "PartialObjectMetadata" : watch.kind.kind},
          {"apiVersion", partial ? "meta.k8s.io/v1" : watch.kind.api_version()},
          {"metadata", std::move(metadata)}});
}

// What a write means to this watch: an object may enter or leave its
// selection by being modified.
void append_event(watch_batch& out, watch_state& watch,
                  const write_event& event, instant now) {
  if (!watch.ns.empty() && event.after->key.ns != watch.ns)
    return;
  bool was = event.before != nullptr;
  bool is = !event.deleted;
  if (!watch.selected.everything()) {
    was = was && watch.selected.admits(event.before->value());
    is = is && watch.selected.admits(event.after->value());
  }
  if (!was && !is)
    return;
  if (was && !is && !event.deleted) {
    // The object as it was last seen, under the version of its leaving.
    auto last = event.before->value();
    last.as_object()["metadata"].as_object()["resourceVersion"]
        = std::to_string(event.version);
    append(out, "DELETED", render_event_object(watch, last, now));
    return;
  }
  append_object(out, watch,
                !is   ? "DELETED"
                : was ? "MODIFIED"
                      : "ADDED",
                *event.after, now);
}

void end_expired(watch_batch& out, std::uint64_t asked, std::uint64_t oldest) {
  append(out, "ERROR",
         to_status(expired(
             fmt::format("too old resource version: {} ({})", asked, oldest))));
  out.ended = true;
}

bool send_initial(watch_batch& out, watch_state& watch, std::size_t most,
                  instant now) {
  while (!watch.initial.empty() && out.events < most) {
    append_object(out, watch, "ADDED", *watch.initial.front(), now);
    watch.initial.pop_front();
  }
  if (!watch.initial.empty())
    return false;
  if (watch.initial_end_due && out.events < most) {
    append_bookmark(out, watch, watch.cursor, true);
    watch.initial_end_due = false;
  }
  return true;
}

bool wants_initial(const target& where, std::string_view version) {
  if (where.query.contains("sendInitialEvents"))
    return where.flag("sendInitialEvents");
  return version.empty() || version == "0";
}

void fill_initial(server_core& core, watch_state& watch) {
  for (auto& [key, object] : core.objects.of(watch.kind.id()).objects)
    if ((watch.ns.empty() || key.ns == watch.ns)
        && (watch.selected.everything()
            || watch.selected.admits(object->value())))
      watch.initial.push_back(object);
}

} // namespace

answer<watch_id> open_watch(server_core& core, const kind_info& kind,
                            const target& where, rendering form) {
  std::string fields{where.parameter("fieldSelector")};
  if (!where.name.empty())
    fields += (fields.empty() ? "" : ",") + ("metadata.name=" + where.name);
  auto selected
      = selection::parse(kind, where.parameter("labelSelector"), fields);
  if (!selected)
    return selected.why();
  auto version = where.parameter("resourceVersion");
  bool initial = wants_initial(where, version);
  auto newest = core.objects.version();
  std::uint64_t from = newest;
  if (!version.empty() && version != "0") {
    auto end = version.data() + version.size();
    auto [rest, failed] = std::from_chars(version.data(), end, from);
    if (failed != std::errc{} || rest != end)
      return internal_error(fmt::format(
          "resourceVersion: Invalid value: \"{}\": strconv.ParseUint: "
          "parsing \"{}\": invalid syntax",
          version, version));
  }
  auto& watch = core.watches[++core.last_watch];
  watch.kind = kind;
  watch.ns = where.ns;
  watch.selected = std::move(*selected);
  watch.form = form;
  watch.bookmarks = where.flag("allowWatchBookmarks");
  // From a version yet to come, what happens before is passed over.
  watch.cursor = initial ? newest : from;
  if (initial)
    fill_initial(core, watch);
  watch.initial_end_due
      = initial && watch.bookmarks && where.query.contains("sendInitialEvents");
  return core.last_watch;
}

watch_batch pull_watch(server_core& core, watch_id id, std::size_t most) {
  watch_batch out;
  auto found = core.watches.find(id);
  if (found == core.watches.end()) {
    out.ended = true;
    return out;
  }
  auto& watch = found->second;
  auto now = core.latest;
  auto kind_id = watch.kind.id();
  if (core.kinds.find(watch.kind.group, watch.kind.version, watch.kind.plural)
      == nullptr) {
    send_initial(out, watch, watch.initial.size(), now);
    for (auto& event : watch.farewell)
      append_event(out, watch, event, now);
    out.ended = true;
    core.watches.erase(found);
    return out;
  }
  if (!send_initial(out, watch, most, now))
    return out;
  auto& kind = core.objects.of(kind_id);
  if (watch.cursor < kind.compacted) {
    end_expired(out, watch.cursor, kind.compacted);
    core.watches.erase(found);
    return out;
  }
  auto next = std::upper_bound(
      kind.history.begin(), kind.history.end(), watch.cursor,
      [](std::uint64_t seen, auto& event) { return seen < event.version; });
  for (; next != kind.history.end() && out.events < most; ++next) {
    append_event(out, watch, *next, now);
    watch.cursor = next->version;
  }
  if (next == kind.history.end()) {
    watch.cursor = std::max(watch.cursor, core.objects.version());
    if (std::exchange(watch.bookmark_due, false) && watch.bookmarks)
      append_bookmark(out, watch, watch.cursor, false);
  }
  return out;
}

} // namespace holystone::simulator
