#include "scheduler/timeline.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>

#include "scheduler/cron_words.hpp"
#include "scheduler/zone_clock.hpp"
#include "scheduler/zone_rule.hpp"

namespace holystone::scheduler {

namespace {

// What a `time_zone` points at.
struct zone_entry {
  std::string name;
  const date::time_zone* zone;
  // What holds after the last change in the table; none without daylight
  // saving.
  std::optional<zone_rule> rule;
};

// The library does not read the last line of a zone's file, so we do.
std::optional<zone_rule> read_rule(const std::string& name) {
  std::ifstream file{"/usr/share/zoneinfo/" + name, std::ios::binary};
  std::string last;
  for (std::string line; std::getline(file, line);)
    last = std::move(line);
  return zone_rule::parse(last);
}

// Entries are never removed: values of `time_zone` point at them.
class zone_table {
public:
  const zone_entry* find(std::string_view name) {
    std::lock_guard guard{mutex_};
    if (auto known = entries_.find(name); known != entries_.end())
      return &known->second;
    auto zone = locate(std::string{name});
    if (zone == nullptr)
      return nullptr;
    zone_entry entry{std::string{name}, zone, read_rule(std::string{name})};
    return &entries_.emplace(std::string{name}, entry).first->second;
  }

private:
  // The library reports an unknown zone, a broken file and a missing database
  // by exceptions; for us all of them are input.
  static const date::time_zone* locate(const std::string& name) {
    try {
      auto zone = date::locate_zone(name);
      // Reads the file now, so that a broken one is found here.
      zone->get_info(date::sys_seconds{});
      return zone;
    } catch (const std::exception&) {
      return nullptr;
    }
  }

  std::mutex mutex_;
  std::map<std::string, zone_entry, std::less<>> entries_;
};

zone_table& zones() {
  static zone_table table;
  return table;
}

} // namespace

/// Opens a `time_zone` for this file.
struct zone_access {
  static time_zone make(const zone_entry* entry) {
    time_zone zone;
    zone.entry_ = entry;
    return zone;
  }

  static const zone_entry* entry(const time_zone& zone) {
    return static_cast<const zone_entry*>(zone.entry_);
  }
};

std::string_view time_zone::name() const noexcept {
  auto entry = zone_access::entry(*this);
  return entry == nullptr ? std::string_view{"UTC"} : entry->name;
}

result<time_zone> find_zone(std::string_view name) {
  if (name == "UTC")
    return time_zone{};
  auto is_usable = !name.empty() && name != "Local" && name != "localtime";
  if (is_usable)
    if (auto entry = zones().find(name))
      return zone_access::make(entry);
  return error{fmt::format("time zone {} is unknown; use a name of the "
                           "IANA database such as UTC or Europe/Berlin",
                           quoted(name))};
}

offset_span span_at(const time_zone& zone, instant at) {
  auto entry = zone_access::entry(zone);
  if (entry == nullptr)
    return {instant::min(), instant::max(), seconds{0}};
  auto info = entry->zone->get_info(at);
  // The last stretch of a table ends with the calendar of the library.
  constexpr std::chrono::sys_days never = std::chrono::year{10'000} / 1 / 1;
  if (!entry->rule || info.end < never)
    return {info.begin, info.end, info.offset};
  auto span = entry->rule->span(at);
  span.begin = std::max(span.begin, instant{info.begin});
  return span;
}

std::string to_local_rfc3339(instant at, const time_zone& zone) {
  auto offset = span_at(zone, at).offset;
  auto text = to_rfc3339(at + offset);
  if (offset == seconds{0})
    return text;
  text.pop_back();
  auto size = std::chrono::abs(offset).count() / 60;
  return fmt::format("{}{}{:02}:{:02}", text, offset < seconds{0} ? '-' : '+',
                     size / 60, size % 60);
}

} // namespace holystone::scheduler
