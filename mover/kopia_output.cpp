#include "mover/kopia_output.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace holystone::mover {

namespace json = boost::json;

namespace {

std::optional<json::value> parsed(std::string_view text) {
  boost::system::error_code failed;
  auto value = json::parse({text.data(), text.size()}, failed);
  if (failed)
    return std::nullopt;
  return value;
}

const json::object* object_at(const json::object& in, const char* name) {
  const auto* value = in.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

std::string text_at(const json::object& in, const char* name) {
  const auto* value = in.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string{} : std::string{text->c_str()};
}

/// Go writes the zero time for "never".
std::optional<instant> time_at(const json::object& in, const char* name) {
  const auto text = text_at(in, name);
  if (text.empty() || text.starts_with("0001-"))
    return std::nullopt;
  return parse_rfc3339(text);
}

void add_runs(const json::object& runs, std::vector<kopia_record>& into) {
  for (const auto& [task, list] : runs) {
    const auto* entries = list.if_array();
    if (entries == nullptr)
      continue;
    for (const auto& entry : *entries) {
      const auto* run = entry.if_object();
      if (run == nullptr)
        continue;
      const auto start = time_at(*run, "start");
      const auto end = time_at(*run, "end");
      const auto* success = run->if_contains("success");
      if (start && end)
        into.push_back(
            {{std::string{task}, *start, *end,
              success != nullptr && success->is_bool() && success->get_bool()},
             text_at(*run, "start")});
    }
  }
  std::stable_sort(into.begin(), into.end(), [](const auto& a, const auto& b) {
    return a.record.start > b.record.start;
  });
}

std::optional<std::int64_t> number_after(std::string_view text,
                                         std::string_view label) {
  const auto at = text.find(label);
  if (at == std::string_view::npos)
    return std::nullopt;
  const auto* from = text.data() + at + label.size();
  const auto* end = text.data() + text.size();
  while (from != end && *from == ' ')
    ++from;
  std::int64_t number = 0;
  if (std::from_chars(from, end, number).ec != std::errc{})
    return std::nullopt;
  return number;
}

} // namespace

std::optional<maintenance_state> parse_maintenance_info(std::string_view text) {
  const auto value = parsed(text);
  const auto* info = value ? value->if_object() : nullptr;
  if (info == nullptr)
    return std::nullopt;
  maintenance_state out;
  out.owner = text_at(*info, "owner");
  if (const auto* full = object_at(*info, "full"))
    if (const auto* interval = full->if_contains("interval");
        interval != nullptr && interval->is_int64())
      out.full_interval = std::chrono::duration_cast<std::chrono::seconds>(
          std::chrono::nanoseconds{interval->get_int64()});
  const auto* schedule = object_at(*info, "schedule");
  if (schedule == nullptr)
    return out;
  out.next_full = time_at(*schedule, "nextFullMaintenance");
  out.next_quick = time_at(*schedule, "nextQuickMaintenance");
  if (const auto* runs = object_at(*schedule, "runs"))
    add_runs(*runs, out.runs);
  return out;
}

std::optional<std::string> parse_unique_id(std::string_view text) {
  const auto value = parsed(text);
  const auto* status = value ? value->if_object() : nullptr;
  auto id = status == nullptr ? std::string{} : text_at(*status, "uniqueIDHex");
  if (id.empty())
    return std::nullopt;
  return id;
}

std::optional<blob_totals> parse_blob_stats(std::string_view text) {
  const auto count = number_after(text, "Count:");
  const auto total = number_after(text, "Total:");
  if (!count || !total)
    return std::nullopt;
  return blob_totals{*count, *total};
}

std::optional<instant> parse_blob_time(std::string_view text) {
  const auto value = parsed(text);
  const auto* list = value ? value->if_array() : nullptr;
  if (list == nullptr || list->empty() || !list->front().is_object())
    return std::nullopt;
  return time_at(list->front().get_object(), "timestamp");
}

std::optional<std::int64_t> parse_metric(std::string_view text,
                                         std::string_view name) {
  // What a double tells exactly; more was never counted.
  constexpr double most = 9e15;
  std::optional<double> sum;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto space = line.rfind(' ');
    if (!line.starts_with(name) || space == std::string_view::npos
        || (line[name.size()] != '{' && line[name.size()] != ' '))
      continue;
    // Counters are written as 1234 or 1.234e+06.
    const std::string number{line.substr(space + 1)};
    sum = sum.value_or(0) + std::strtod(number.c_str(), nullptr);
  }
  if (!sum || !(*sum >= 0 && *sum <= most))
    return std::nullopt;
  return static_cast<std::int64_t>(*sum);
}

std::optional<std::int64_t> parse_content_count(std::string_view text) {
  return number_after(text, "Count:");
}

} // namespace holystone::mover
