#include "k8s_io/mover_report.hpp"

#include "k8s_io/fields.hpp"

#include <boost/json.hpp>

namespace holystone::k8s_io {

namespace json = boost::json;
using scheduler::maintenance_kind;
using scheduler::mover_report;
using scheduler::run_record;

namespace {

std::vector<run_record> records_at(const json::value& from, const char* key) {
  std::vector<run_record> out;
  for (const auto& entry : items_at(from, key)) {
    const auto start = instant_at(entry, "start");
    const auto end = instant_at(entry, "end");
    if (start && end)
      out.push_back({text_at(entry, "task"), *start, *end,
                     flag_at(entry, "success").value_or(false)});
  }
  return out;
}

} // namespace

std::optional<mover_report> read_mover_report(const std::string& message) {
  boost::system::error_code failed;
  const auto value = json::parse(message, failed);
  if (failed || !value.is_object())
    return std::nullopt;
  const auto verdict = text_at(value, "result");
  const auto start = instant_at(value, "start");
  const auto end = instant_at(value, "end");
  if ((verdict != "success" && verdict != "failure") || !start || !end)
    return std::nullopt;
  mover_report report;
  report.succeeded = verdict == "success";
  if (!report.succeeded)
    report.why = scheduler::parse_failure_class(text_at(value, "class"));
  report.message = text_at(value, "message");
  report.hint = text_at(value, "hint");
  report.kind = text_at(value, "kind") == "quick" ? maintenance_kind::quick
                                                  : maintenance_kind::full;
  report.start = *start;
  report.end = *end;
  report.runs = records_at(value, "runs");
  report.earlier = records_at(value, "foreignRuns");
  report.repository_size = integer_at(value, "repositorySizeBytes");
  report.unique_id = text_at(value, "uniqueId");
  report.blobs = integer_at(value, "blobs");
  report.index_blobs = integer_at(value, "indexBlobs");
  report.contents = integer_at(value, "contents");
  report.cache_hits = integer_at(value, "cacheHits");
  report.cache_misses = integer_at(value, "cacheMisses");
  report.owner = text_at(value, "owner");
  report.previous_owner = text_at(value, "previousOwner");
  report.open_full = instant_at(value, "openFull");
  report.next_full = instant_at(value, "nextFull");
  report.next_quick = instant_at(value, "nextQuick");
  report.verified = flag_at(value, "verified");
  return report;
}

} // namespace holystone::k8s_io
