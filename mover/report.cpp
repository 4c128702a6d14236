#include "mover/report.hpp"

#include "scheduler/short_text.hpp"

#include <boost/json.hpp>

namespace holystone::mover {

namespace json = boost::json;
using scheduler::mover_report;
using scheduler::run_record;

namespace {

/// Kubernetes cuts termination messages of a container at 4096 bytes.
constexpr std::size_t most_bytes = 4096;

json::value to_value(const run_record& record) {
  return {{"task", record.task},
          {"start", to_rfc3339(record.start)},
          {"end", to_rfc3339(record.end)},
          {"success", record.success}};
}

json::array to_array(const std::vector<run_record>& records) {
  json::array out;
  for (const auto& record : records)
    out.push_back(to_value(record));
  return out;
}

template <class T>
void add(json::object& to, const char* name, const std::optional<T>& value) {
  if (value)
    to[name] = *value;
}

void add(json::object& to, const char* name, const std::string& value) {
  if (!value.empty())
    to[name] = value;
}

void add_time(json::object& to, const char* name,
              const std::optional<instant>& value) {
  if (value)
    to[name] = to_rfc3339(*value);
}

json::object to_object(const mover_report& report) {
  json::object out;
  out["result"] = report.succeeded ? "success" : "failure";
  if (!report.succeeded)
    out["class"] = json::string{to_string(report.why)};
  add(out, "message", report.message);
  add(out, "hint", report.hint);
  out["kind"] = json::string{to_string(report.kind)};
  out["start"] = to_rfc3339(report.start);
  out["end"] = to_rfc3339(report.end);
  out["durationSeconds"] = (report.end - report.start).count();
  add(out, "uniqueId", report.unique_id);
  add(out, "owner", report.owner);
  add(out, "previousOwner", report.previous_owner);
  add(out, "repositorySizeBytes", report.repository_size);
  add(out, "blobs", report.blobs);
  add(out, "indexBlobs", report.index_blobs);
  add(out, "contents", report.contents);
  add(out, "cacheHits", report.cache_hits);
  add(out, "cacheMisses", report.cache_misses);
  add(out, "verified", report.verified);
  add_time(out, "openFull", report.open_full);
  add_time(out, "nextFull", report.next_full);
  add_time(out, "nextQuick", report.next_quick);
  if (!report.runs.empty())
    out["runs"] = to_array(report.runs);
  if (!report.earlier.empty())
    out["foreignRuns"] = to_array(report.earlier);
  return out;
}

/// Halves the longest of the texts that others wrote.
void shorten_longest(mover_report& report) {
  auto* longest = &report.message;
  for (auto* text :
       {&report.hint, &report.owner, &report.previous_owner, &report.unique_id})
    if (text->size() > longest->size())
      longest = text;
  *longest = scheduler::shorten(*longest, longest->size() / 2);
}

} // namespace

std::string to_json(const mover_report& report) {
  auto shorter = report;
  for (;;) {
    auto text = json::serialize(to_object(shorter));
    if (text.size() <= most_bytes)
      return text;
    if (!shorter.earlier.empty())
      shorter.earlier.pop_back();
    else if (!shorter.runs.empty())
      shorter.runs.pop_back();
    else
      shorten_longest(shorter);
  }
}

} // namespace holystone::mover
